package proxy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/grue-ecs/grue/internal/listening"
)

// adopted are the sockets taken over from the process before, by
// network|address, until they are used.
type adopted struct {
	keeper *listening.Client // holds them over the death of a process

	mu    sync.Mutex
	files map[string]*os.File
}

// receive reads the manifest and the sockets.
func (a *adopted) receive(conn *net.UnixConn) (manifest, error) {
	var m manifest
	if _, err := conn.Write([]byte("take\n")); err != nil {
		return m, err
	}
	line, err := readLine(conn)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return m, err
	}
	files, err := receiveSockets(conn, len(m.Names))
	if err != nil {
		return m, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files = make(map[string]*os.File)
	for i, name := range m.Names {
		a.files[name] = files[i]
	}
	return m, nil
}

// readLine reads to the end of a line and not a byte further: descriptors come
// with the bytes behind it.
func readLine(conn *net.UnixConn) ([]byte, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < 64<<20 {
		if _, err := conn.Read(one); err != nil {
			return nil, err
		}
		if one[0] == '\n' {
			return line, nil
		}
		line = append(line, one[0])
	}
	return nil, errors.New("proxy: manifest is too long")
}

func receiveSockets(conn *net.UnixConn, count int) ([]*os.File, error) {
	var files []*os.File
	oob := make([]byte, syscall.CmsgSpace(4*socketsPerMessage))
	one := make([]byte, 1)
	for len(files) < count {
		_, n, _, _, err := conn.ReadMsgUnix(one, oob)
		if err != nil {
			return nil, err
		}
		messages, err := syscall.ParseSocketControlMessage(oob[:n])
		if err != nil || len(messages) == 0 {
			return nil, fmt.Errorf("proxy: hand-over without sockets: %w", errors.Join(err, errors.New("message is empty")))
		}
		for i := range messages {
			fds, err := syscall.ParseUnixRights(&messages[i])
			if err != nil {
				return nil, err
			}
			for _, fd := range fds {
				syscall.CloseOnExec(fd)
				files = append(files, os.NewFile(uintptr(fd), "adopted"))
			}
		}
	}
	return files, nil
}

// take returns a socket of the process before; nil when there is none, and then
// its address can be bound.
func (a *adopted) take(name string) *os.File {
	a.mu.Lock()
	f := a.files[name]
	delete(a.files, name)
	a.mu.Unlock()
	if f == nil {
		a.keeper.Vacate(name)
	}
	return f
}

// inherit takes the sockets of a process that died without a successor.
func (a *adopted) inherit() error {
	files, err := a.keeper.Take()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files = files
	return err
}

// tcp returns the listening socket of a name, nil when there is none.
func (a *adopted) tcp(name string) (*net.TCPListener, error) {
	f := a.take(name)
	if f == nil {
		return nil, nil
	}
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

// udp returns the packet socket of an address, nil when there is none.
func (a *adopted) udp(address string) (*net.UDPConn, error) {
	f := a.take("udp|" + address)
	if f == nil {
		return nil, nil
	}
	defer f.Close()
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

// dropUnused closes sockets that no table asked for.
func (a *adopted) dropUnused() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.files {
		f.Close()
	}
	a.files = nil
}

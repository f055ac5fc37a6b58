package cli

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// localSocket, in the run directory, answers the API to whoever may open it: the
// owner of the data directory.
const localSocket = "api.sock"

// listenLocal opens the socket. The newest server owns the path.
func listenLocal(data string) (net.Listener, error) {
	dir := runDir(data)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, explainDir(data, err)
	}
	fresh := fmt.Sprintf("%s.%d", localSocket, os.Getpid())
	addr, done, err := socketAddr(dir, fresh)
	if err != nil {
		return nil, err
	}
	defer done()
	_ = os.Remove(filepath.Join(dir, fresh)) // of a process that had our pid
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: addr, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err = os.Chmod(filepath.Join(dir, fresh), 0o600); err == nil {
		err = os.Rename(filepath.Join(dir, fresh), filepath.Join(dir, localSocket))
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return ownerOnly{l}, nil
}

// ownerOnly makes connections of the socket look like those of this machine, which
// they are: who may open the socket may read every secret in the directory.
type ownerOnly struct{ net.Listener }

// Accept accepts the next connection.
func (l ownerOnly) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return fromLoopback{c}, nil
}

type fromLoopback struct{ net.Conn }

// RemoteAddr is loopback.
func (fromLoopback) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// dialLocal opens a connection to the server of a data directory.
func dialLocal(data string) (net.Conn, error) {
	addr, done, err := socketAddr(runDir(data), localSocket)
	if err != nil {
		return nil, err
	}
	defer done()
	return net.DialTimeout("unix", addr, 5*time.Second)
}

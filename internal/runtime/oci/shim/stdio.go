//go:build linux

package shim

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// stdio connects a container: its own ends in child, ours in the readers.
type stdio struct {
	child   []uintptr
	ends    []*os.File // the child's, closed after the start
	readers map[string]*os.File
	stdin   *os.File // held open for an interactive container
	args    []string // for the OCI runtime
	console *console
}

func (c *containers) openStdio(b *box, r *run) (*stdio, error) {
	s := &stdio{readers: map[string]*os.File{}}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	s.ends = append(s.ends, null)
	in := null
	if b.Interactive && !b.TTY {
		read, write, err := os.Pipe()
		if err != nil {
			s.closeAll()
			return nil, err
		}
		s.ends, s.stdin, in = append(s.ends, read), write, read
	}
	if b.TTY {
		s.console, err = listenConsole(c.dir)
		if err != nil {
			s.closeAll()
			return nil, err
		}
		s.args = []string{"--console-socket", s.console.path}
		s.child = []uintptr{null.Fd(), null.Fd(), null.Fd()}
		return s, nil
	}
	s.child = []uintptr{in.Fd()}
	for _, name := range []string{"stdout", "stderr"} {
		read, write, err := os.Pipe()
		if err != nil {
			s.closeAll()
			return nil, err
		}
		s.ends, s.readers[name] = append(s.ends, write), read
		s.child = append(s.child, write.Fd())
	}
	return s, nil
}

// follow copies the output of a running container into its log.
func (s *stdio) follow(b *box, r *run) {
	if s.console != nil {
		tty, err := s.console.master()
		if err == nil {
			r.tty = tty
			s.readers["stdout"] = tty
		}
	}
	for name, f := range s.readers {
		x := newTap(f)
		r.taps = append(r.taps, x)
		r.logs.Go(func() { b.output.copy(name, x) })
	}
	if s.stdin != nil {
		go func() { <-r.done; s.stdin.Close() }()
	}
}

func (s *stdio) closeChild() {
	for _, f := range s.ends {
		f.Close()
	}
	if s.console != nil {
		s.console.close()
	}
}

func (s *stdio) closeAll() {
	for _, f := range s.readers {
		f.Close()
	}
	if s.stdin != nil {
		s.stdin.Close()
	}
}

// console is the socket through which an OCI runtime hands over a terminal.
type console struct {
	path string
	dir  string // to remove
	l    *net.UnixListener
}

// listenConsole opens the socket in dir, or in a short directory elsewhere when
// the name would not fit into a socket address.
func listenConsole(dir string) (*console, error) {
	name := "tty-" + strconv.FormatUint(execCount.Add(1), 10)
	c := &console{path: filepath.Join(dir, name)}
	if len(c.path) > 100 {
		short, err := os.MkdirTemp("", "grue")
		if err != nil {
			return nil, err
		}
		c.dir, c.path = short, filepath.Join(short, name)
	}
	os.Remove(c.path)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: c.path, Net: "unix"})
	if err != nil {
		c.close()
		return nil, fmt.Errorf("console socket: %w", err)
	}
	c.l = l
	return c, nil
}

// master receives the terminal, which the runtime has sent by the time it ends.
func (c *console) master() (*os.File, error) {
	conn, err := c.l.AcceptUnix()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	files, _, err := receive(conn, make([]byte, 256))
	if err != nil {
		return nil, err
	}
	if len(files) != 1 {
		for _, f := range files {
			f.Close()
		}
		return nil, fmt.Errorf("console socket: %d files instead of one", len(files))
	}
	return files[0], nil
}

func (c *console) close() {
	if c.l != nil {
		c.l.Close()
	}
	if c.dir != "" {
		os.RemoveAll(c.dir)
	}
}

// receive reads one message and the files that came with it.
func receive(conn *net.UnixConn, buf []byte) ([]*os.File, int, error) {
	oob := make([]byte, unix.CmsgSpace(4*4))
	n, oobn, _, _, err := conn.ReadMsgUnix(buf, oob)
	if err != nil {
		return nil, n, err
	}
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return nil, n, err
	}
	var files []*os.File
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	return files, n, nil
}

//go:build linux

package shim

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// reply sends one line, with a file if there is one.
func reply(conn *net.UnixConn, v any, f *os.File) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var rights []byte
	if f != nil {
		rights = unix.UnixRights(int(f.Fd()))
	}
	_, _, err = conn.WriteMsgUnix(append(data, '\n'), rights, nil)
	return err
}

// Send writes a request with its files.
func Send(conn *net.UnixConn, r Request, files ...*os.File) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var rights []byte
	if len(files) > 0 {
		var fds []int
		for _, f := range files {
			fds = append(fds, int(f.Fd()))
		}
		rights = unix.UnixRights(fds...)
	}
	_, _, err = conn.WriteMsgUnix(append(data, '\n'), rights, nil)
	return err
}

// Replies reads the answers to an exec, with the terminal if one comes along.
type Replies struct {
	conn *net.UnixConn
	dec  *json.Decoder
	tty  *os.File
}

// NewReplies reads from a connection on which an exec was sent.
func NewReplies(conn *net.UnixConn) *Replies {
	r := &Replies{conn: conn}
	r.dec = json.NewDecoder(r)
	return r
}

// Read implements io.Reader for the decoder and keeps the file it meets.
func (r *Replies) Read(p []byte) (int, error) {
	files, n, err := receive(r.conn, p)
	for _, f := range files {
		if r.tty == nil {
			r.tty = f
		} else {
			f.Close()
		}
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	return n, err
}

// Next waits for one reply.
func (r *Replies) Next() (ExecReply, error) {
	var reply ExecReply
	err := r.dec.Decode(&reply)
	return reply, err
}

// TTY is the terminal that came with the first reply, or nil.
func (r *Replies) TTY() *os.File { return r.tty }

// Dial connects to the shim of a task directory. Socket addresses are short, so
// the directory is named by descriptor.
func Dial(dir string) (*net.UnixConn, error) {
	d, err := os.OpenFile(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return net.DialUnix("unix", nil, &net.UnixAddr{Net: "unix", Name: short(d)})
}

func listen(dir string) (*net.UnixListener, error) {
	os.Remove(filepath.Join(dir, SocketFile))
	d, err := os.OpenFile(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: short(d)})
	if err == nil {
		l.SetUnlinkOnClose(false)
	}
	return l, err
}

func short(dir *os.File) string {
	return "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + SocketFile
}

func sysStat(info os.FileInfo) (*syscall.Stat_t, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	return st, ok
}

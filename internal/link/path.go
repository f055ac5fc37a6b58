package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
)

// maxSocketPath is what the kernel takes as the path of a unix socket.
const maxSocketPath = 100

// socketPath returns a path of a unix socket that is short enough for the
// kernel. A long one is reached through its directory, opened: done closes it
// when the socket is bound or connected.
func socketPath(path string) (short string, done func(), err error) {
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, fmt.Errorf("link: the path of the socket %s is longer than %d characters; use a directory nearer to the root", path, maxSocketPath)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), func() { dir.Close() }, nil
}

// ListenUnix makes a unix socket at path, with mode 0600, in place of one that
// may be there: whoever connects finds the old one or the new one.
func ListenUnix(path string) (*net.UnixListener, error) {
	fresh := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d", filepath.Base(path), os.Getpid()))
	short, done, err := socketPath(fresh)
	if err != nil {
		return nil, fmt.Errorf("link: listen: %w", err)
	}
	defer done()
	_ = os.Remove(fresh)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("link: listen: %w", err)
	}
	l.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(fresh, 0o600), os.Rename(fresh, path)); err != nil {
		l.Close()
		return nil, fmt.Errorf("link: listen: %w", err)
	}
	return l, nil
}

// DialUnix connects to the unix socket at path.
func DialUnix(ctx context.Context, path string) (*net.UnixConn, error) {
	short, done, err := socketPath(path)
	if err != nil {
		return nil, err
	}
	defer done()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", short)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil
}

//go:build linux

package shim

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/grue-ecs/grue/internal/runtime"
)

// A command that comes when the task has ended is refused, and nobody waits for it.
func TestExecTooLate(t *testing.T) {
	s := newServer(nil, nil, runtime.Status{})
	s.told()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go s.accept(l)
	conn, err := net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := Send(conn, Request{Op: "exec"}); err != nil {
		t.Fatal(err)
	}
	if r, err := NewReplies(conn).Next(); err != nil || !r.Done || r.Error != "the task has ended" {
		t.Errorf("%+v, %v", r, err)
	}
}

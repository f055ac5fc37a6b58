//go:build linux

package shim

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// tap is one stream of a container on its way into its log. Who reads from it has
// written what it read before when it reads again.
type tap struct {
	f    *os.File
	asks chan chan struct{} // of flush
	done chan struct{}      // closed by Close
	owed []debt             // only Read uses it
}

// debt is an ask whose answer waits for so many bytes.
type debt struct {
	ack  chan struct{}
	left int
}

func newTap(f *os.File) *tap {
	return &tap{f: f, asks: make(chan chan struct{}, 1), done: make(chan struct{})}
}

// Read implements io.Reader.
func (t *tap) Read(p []byte) (int, error) {
	for {
		t.answer()
		n, err := t.f.Read(p)
		for i := range t.owed {
			t.owed[i].left -= n
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		_ = t.f.SetReadDeadline(time.Time{}) // flush made it; an ask is there
	}
}

// answer takes an ask, and answers those whose bytes have been read.
func (t *tap) answer() {
	select {
	case ack := <-t.asks:
		t.owed = append(t.owed, debt{ack, t.waiting()})
	default:
	}
	for len(t.owed) > 0 && t.owed[0].left <= 0 {
		close(t.owed[0].ack)
		t.owed = t.owed[1:]
	}
}

// waiting are the bytes that were written and not read yet.
func (t *tap) waiting() (n int) {
	if conn, err := t.f.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	}
	return n
}

// Close ends the stream.
func (t *tap) Close() error {
	close(t.done)
	return t.f.Close()
}

// flush returns when what was written before is in the log, or after a limit. A
// terminal cannot tell.
func (t *tap) flush(limit time.Duration) {
	ack, late := make(chan struct{}), time.After(limit)
	select {
	case t.asks <- ack:
	case <-t.done:
		return
	case <-late:
		return
	}
	if t.f.SetReadDeadline(time.Unix(1, 0)) != nil {
		return
	}
	select {
	case <-ack:
	case <-t.done:
	case <-late:
	}
}

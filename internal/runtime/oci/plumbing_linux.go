package oci

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/runtime"
)

// plumbing joins the streams of a caller to those of a command.
type plumbing struct {
	theirs, ours []*os.File
	out          sync.WaitGroup
	pumps        []*pump
	ended        chan struct{} // closed by close
}

func newPlumbing() *plumbing { return &plumbing{ended: make(chan struct{})} }

// open makes the three files of a command.
func (p *plumbing) open(s runtime.ExecIO) ([]*os.File, error) {
	in, inEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.theirs = append(p.theirs, in)
	if s.Stdin == nil {
		inEnd.Close()
	} else {
		p.ours = append(p.ours, inEnd)
		// Nobody waits for this one: a reader cannot be made to return.
		go func() { io.Copy(inEnd, s.Stdin); inEnd.Close() }()
	}
	for _, w := range []io.Writer{s.Stdout, s.Stderr} {
		read, write, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		p.theirs = append(p.theirs, write)
		p.pump(read, w)
	}
	return p.theirs, nil
}

// terminal copies between a caller and a terminal, which is closed on an error.
func (p *plumbing) terminal(received *os.File, s runtime.ExecIO) error {
	if received == nil {
		return errors.New("no terminal came from the task's supervisor")
	}
	defer received.Close()
	fd, err := unix.FcntlInt(received.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // so that Close ends a Read
		unix.Close(fd)
		return err
	}
	tty := os.NewFile(uintptr(fd), "terminal")
	if s.Stdin != nil {
		go io.Copy(tty, s.Stdin)
	}
	if s.Sizes != nil {
		go p.resize(tty, s.Sizes)
	}
	p.pump(tty, s.Stdout)
	return nil
}

// resize gives a terminal its sizes; the kernel tells the command.
func (p *plumbing) resize(tty *os.File, sizes <-chan runtime.TerminalSize) {
	conn, err := tty.SyscallConn()
	if err != nil {
		return
	}
	for {
		select {
		case size, ok := <-sizes:
			if !ok {
				return
			}
			_ = conn.Control(func(fd uintptr) {
				_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: size.Cols, Row: size.Rows})
			})
		case <-p.ended:
			return
		}
	}
}

// pump copies the output of a command.
type pump struct {
	from    *os.File
	reading atomic.Bool
	done    chan struct{}
}

func (p *plumbing) pump(from *os.File, to io.Writer) {
	if to == nil {
		to = io.Discard
	}
	x := &pump{from: from, done: make(chan struct{})}
	p.ours, p.pumps = append(p.ours, from), append(p.pumps, x)
	p.out.Go(func() { x.copy(to) })
}

func (x *pump) copy(to io.Writer) {
	defer close(x.done)
	buf := make([]byte, 32<<10)
	for {
		x.reading.Store(true)
		n, err := x.from.Read(buf)
		x.reading.Store(false)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// quiet tells whether everything was copied that was written so far.
func (x *pump) quiet() bool {
	conn, err := x.from.SyscallConn()
	if err != nil {
		return true
	}
	waiting := 0
	_ = conn.Control(func(fd uintptr) { waiting, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return waiting == 0 && x.reading.Load()
}

func (p *plumbing) closeTheirs() {
	for _, f := range p.theirs {
		f.Close()
	}
	p.theirs = nil
}

// lingering is how long a command that has ended may leave its output quiet and
// open, in the hands of a process that it left behind.
const lingering = 200 * time.Millisecond

// drain waits until the output of a command that has ended is complete.
func (p *plumbing) drain() {
	for _, x := range p.pumps {
		x.drain()
	}
}

func (x *pump) drain() {
	t := time.NewTicker(lingering / 10)
	defer t.Stop()
	for since := time.Now(); ; {
		select {
		case <-x.done:
			return
		case now := <-t.C:
			if !x.quiet() {
				since = now
			} else if now.Sub(since) > lingering {
				_ = x.from.SetReadDeadline(now)
				<-x.done
				return
			}
		}
	}
}

func (p *plumbing) close() {
	close(p.ended)
	p.closeTheirs()
	for _, f := range p.ours {
		f.Close()
	}
	p.out.Wait()
}

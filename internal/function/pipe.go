package function

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// pipe carries standard output and standard error of a process of this machine.
type pipe struct {
	r, w *os.File
	out  *output

	flushes chan chan struct{}
	done    chan struct{}
	once    sync.Once
}

func newPipe(out *output) (*pipe, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &pipe{r: r, w: w, out: out, flushes: make(chan chan struct{}, 1), done: make(chan struct{})}, nil
}

// start reads; the process has its own copy of the write end by now.
func (p *pipe) start(f *Functions) {
	p.w.Close()
	p.w = nil
	f.wg.Go(p.read)
}

func (p *pipe) read() {
	defer close(p.done)
	buf := make([]byte, 64<<10)
	for {
		n, err := p.r.Read(buf)
		p.out.add(buf[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.drain(buf)
			select {
			case ack := <-p.flushes:
				close(ack)
			default:
			}
			continue
		}
		if err != nil {
			p.out.endLine()
			return
		}
	}
}

// drain reads what the pipe holds now, without waiting for more.
func (p *pipe) drain(buf []byte) {
	if err := p.r.SetReadDeadline(time.Time{}); err != nil {
		return
	}
	raw, err := p.r.SyscallConn()
	if err != nil {
		return
	}
	for {
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			n, _ = syscall.Read(int(fd), buf) // the descriptor does not block
			return true
		})
		if err != nil || n <= 0 {
			p.out.endLine()
			return
		}
		p.out.add(buf[:n])
	}
}

// flush returns when everything that the process wrote so far was read.
func (p *pipe) flush() {
	ack := make(chan struct{})
	select {
	case p.flushes <- ack:
	case <-p.done:
		return
	}
	if p.r.SetReadDeadline(time.Unix(1, 0)) != nil {
		return
	}
	select {
	case <-ack:
	case <-p.done:
	}
}

// close ends reading: what a child that lives on writes is lost.
func (p *pipe) close() {
	p.once.Do(func() {
		if p.w != nil { // never started
			p.w.Close()
			p.r.Close()
			return
		}
		p.flush()
		p.r.Close()
		<-p.done
	})
}

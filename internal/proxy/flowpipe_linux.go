package proxy

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// pipe holds bytes on their way from one socket to another without leaving the
// kernel.
type pipe struct {
	r, w int
	held int
}

const (
	// pipeSize is what a pipe holds, if the system allows.
	pipeSize = 1 << 20
	// maxPipes bounds the pipes of a loop; beyond it bytes are copied.
	maxPipes = 512
	// maxSpare bounds those that are kept for later.
	maxSpare = 32
)

// spliced counts the bytes that went through pipes, for tests.
var spliced atomic.Uint64

// takePipe returns an empty pipe, nil when there is none to be had.
func (l *loop) takePipe() *pipe {
	if n := len(l.pipes); n > 0 {
		p := l.pipes[n-1]
		l.pipes = l.pipes[:n-1]
		return p
	}
	if l.piped >= maxPipes {
		return nil
	}
	var fds [2]int
	if unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC) != nil {
		return nil
	}
	_, _ = unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, pipeSize)
	l.piped++
	return &pipe{r: fds[0], w: fds[1]}
}

// givePipe takes an empty pipe back.
func (l *loop) givePipe(p *pipe) {
	if len(l.pipes) >= maxSpare {
		l.drop(p)
		return
	}
	l.pipes = append(l.pipes, p)
}

// drop closes a pipe, with what it holds.
func (l *loop) drop(p *pipe) {
	l.piped--
	p.close()
}

func (p *pipe) close() {
	unix.Close(p.r)
	unix.Close(p.w)
}

// fill takes what a socket has into the pipe, which is empty.
func (p *pipe) fill(fd int) (int, error) {
	n, err := unix.Splice(fd, nil, p.w, nil, pipeSize, unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
	if n > 0 {
		p.held = int(n)
		spliced.Add(uint64(n))
	}
	return int(n), err
}

// drain moves what the pipe holds into a socket.
func (p *pipe) drain(fd int) error {
	n, err := unix.Splice(p.r, nil, fd, nil, p.held, unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
	if n > 0 {
		p.held -= int(n)
	}
	return err
}

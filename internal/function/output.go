package function

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// Bounds of what is kept of output: a line of a log event, and the tail that
// X-Amz-Log-Result carries.
const (
	maxLine = 256 << 10
	tailLen = 4 << 10
)

// output is standard output and standard error of a process, cut into lines.
type output struct {
	r, w    *os.File
	journal *journal

	mu      sync.Mutex
	partial []byte
	last    []byte // of the current invocation

	flushes chan chan struct{}
	done    chan struct{}
	once    sync.Once
}

func newOutput(j *journal) (*output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &output{r: r, w: w, journal: j, flushes: make(chan chan struct{}, 1), done: make(chan struct{})}, nil
}

// start reads; the process has its own copy of the write end by now.
func (o *output) start() {
	o.w.Close()
	o.w = nil
	o.journal.f.wg.Go(o.read)
}

func (o *output) read() {
	defer close(o.done)
	buf := make([]byte, 64<<10)
	for {
		n, err := o.r.Read(buf)
		o.add(buf[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			o.drain(buf)
			select {
			case ack := <-o.flushes:
				close(ack)
			default:
			}
			continue
		}
		if err != nil {
			o.endLine()
			return
		}
	}
}

// drain reads what the pipe holds now, without waiting for more.
func (o *output) drain(buf []byte) {
	if err := o.r.SetReadDeadline(time.Time{}); err != nil {
		return
	}
	raw, err := o.r.SyscallConn()
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
			o.endLine()
			return
		}
		o.add(buf[:n])
	}
}

// flush returns when everything that the process wrote so far was read.
func (o *output) flush() {
	ack := make(chan struct{})
	select {
	case o.flushes <- ack:
	case <-o.done:
		return
	}
	if o.r.SetReadDeadline(time.Unix(1, 0)) != nil {
		return
	}
	select {
	case <-ack:
	case <-o.done:
	}
}

// close ends reading: what a child that lives on writes is lost.
func (o *output) close() {
	o.once.Do(func() {
		if o.w != nil { // never started
			o.w.Close()
			o.r.Close()
			return
		}
		o.flush()
		o.r.Close()
		<-o.done
	})
}

func (o *output) add(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			o.partial = append(o.partial, b...)
			if len(o.partial) > maxLine {
				o.line()
			}
			return
		}
		o.partial = append(o.partial, b[:i]...)
		o.line()
		b = b[i+1:]
	}
}

func (o *output) endLine() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.partial) > 0 {
		o.line()
	}
}

// line ends the current line; the caller holds the lock.
func (o *output) line() {
	text := string(bytes.ToValidUTF8(bytes.TrimSuffix(o.partial, []byte("\r")), []byte("\uFFFD")))
	o.partial = o.partial[:0]
	o.keep(text)
	for len(text) > maxLine {
		o.journal.add(text[:maxLine])
		text = text[maxLine:]
	}
	if text != "" { // CloudWatch Logs has no empty events
		o.journal.add(text)
	}
}

func (o *output) keep(text string) {
	o.last = append(append(o.last, text...), '\n')
	if len(o.last) > tailLen {
		o.last = append(o.last[:0], o.last[len(o.last)-tailLen:]...)
	}
}

// begin forgets the tail of the invocation before.
func (o *output) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = o.last[:0]
}

// say adds a line of ours.
func (o *output) say(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keep(line)
	o.journal.add(line + "\n")
}

// tail is the end of what the current invocation wrote.
func (o *output) tail() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.last)
}

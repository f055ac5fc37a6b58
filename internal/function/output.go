package function

import (
	"bytes"
	"sync"
)

// Bounds of what is kept of output: a line of a log event, and the tail that
// X-Amz-Log-Result carries.
const (
	maxLine = 256 << 10
	tailLen = 4 << 10
)

// output is what a process writes, cut into lines.
type output struct {
	journal *journal

	mu      sync.Mutex
	partial []byte
	last    []byte // of the current invocation
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

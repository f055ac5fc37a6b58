package function

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// A container's output is looked for this often while there is some, and less
// and less often while there is none: down to followBusy while the program works,
// which may begin to write faster than the disk allows, and followSlow while it
// waits for work.
const (
	followFast = 10 * time.Millisecond
	followBusy = 40 * time.Millisecond
	followSlow = 500 * time.Millisecond
	// quiet is how long nothing may come for an answered invocation's output to
	// be complete, and quietMax bounds the wait for that, under drivers that do not
	// know by themselves.
	quiet    = 5 * time.Millisecond
	quietMax = 100 * time.Millisecond
	// followTurn bounds what is read before flush has its turn.
	followTurn = 8 << 20
	// generations is how many rotated files (file.1, file.2, …) are looked for.
	generations = 16
)

// follower reads the JSON lines that a driver writes (runtime.LogConfig), across
// rotations of the file, and hands them to an output.
type follower struct {
	out  *output
	busy func() bool // tells whether the program works

	mu     sync.Mutex
	path   string
	wake   chan struct{}
	asks   chan chan struct{} // of flush
	ending chan struct{}
	done   chan struct{}
	once   sync.Once

	// Only run uses these.
	file *os.File
	rest []byte // the beginning of a line
	buf  []byte
}

func newFollower(out *output, busy func() bool) *follower {
	return &follower{
		out: out, busy: busy, wake: make(chan struct{}, 1), asks: make(chan chan struct{}),
		ending: make(chan struct{}), done: make(chan struct{}), buf: make([]byte, 256<<10),
	}
}

// open names the file; only the first name counts.
func (f *follower) open(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path != "" || path == "" {
		return
	}
	f.path = path
	f.poke()
}

// poke makes run look now, and often while the program works.
func (f *follower) poke() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// flush returns when nothing more seems to come.
func (f *follower) flush() {
	ack := make(chan struct{})
	select {
	case f.asks <- ack:
		<-ack
	case <-f.done:
	}
}

// close reads what there is and ends.
func (f *follower) close() {
	f.once.Do(func() { close(f.ending) })
	<-f.done
}

// discard removes what was read, after close.
func (f *follower) discard() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" {
		return
	}
	for i := range generations + 1 {
		_ = os.Remove(generation(f.path, i)) // most are not there
	}
}

func (f *follower) run() {
	defer close(f.done)
	pause := followFast
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-f.ending:
			for f.read() { // the program has ended: so does this
			}
			f.out.endLine()
			if f.file != nil {
				f.file.Close()
			}
			return
		case ack := <-f.asks:
			f.settle()
			close(ack)
		case <-f.wake:
		case <-timer.C:
		}
		pause = min(2*pause, followSlow)
		if f.read() {
			pause = followFast
		} else if f.busy() {
			pause = min(pause, followBusy)
		}
		timer.Reset(pause)
	}
}

// settle reads until nothing came for a moment: between the program and the file
// stands a process of the driver.
func (f *follower) settle() {
	for end := time.Now().Add(quietMax); time.Now().Before(end); {
		f.read()
		<-time.After(quiet)
		if !f.read() {
			return
		}
	}
}

// read takes what is there, up to followTurn, and tells whether there was
// something.
func (f *follower) read() (some bool) {
	f.mu.Lock()
	path := f.path
	f.mu.Unlock()
	if path == "" {
		return false
	}
	if f.file == nil {
		f.file = oldest(path)
	}
	for total := 0; f.file != nil && total < followTurn; {
		n, end := f.drain()
		total += n
		if !end {
			continue
		}
		next := f.next(path)
		if next == nil {
			return total > 0
		}
		for end = false; !end; { // what came between the end and the rotation
			_, end = f.drain()
		}
		f.file.Close()
		f.file = next
	}
	return f.file != nil
}

// drain reads a piece of the current file and tells whether that was its end.
func (f *follower) drain() (n int, end bool) {
	n, err := f.file.Read(f.buf)
	f.take(f.buf[:n])
	return n, err != nil || n == 0
}

// take hands complete lines on.
func (f *follower) take(b []byte) {
	f.rest = append(f.rest, b...)
	for {
		i := bytes.IndexByte(f.rest, '\n')
		if i < 0 {
			return
		}
		var line struct {
			M *string `json:"m"`
		}
		if json.Unmarshal(f.rest[:i], &line) == nil && line.M != nil {
			f.out.add([]byte(*line.M + "\n"))
		}
		f.rest = f.rest[i+1:]
	}
}

// oldest opens the file that was written first; nil = there is none yet.
func oldest(path string) *os.File {
	for i := generations; i >= 0; i-- {
		if file, err := os.Open(generation(path, i)); err == nil {
			return file
		}
	}
	return nil
}

// next opens the file that follows the current one; nil while it is the newest.
// When the current one is gone, so many lines came at once that some were
// rotated away, and the oldest that is left follows.
func (f *follower) next(path string) *os.File {
	now, err := f.file.Stat()
	if err != nil {
		return nil
	}
	for i := range generations + 1 {
		info, err := os.Stat(generation(path, i))
		if err != nil || !os.SameFile(info, now) {
			continue
		}
		if i == 0 {
			return nil
		}
		file, err := os.Open(generation(path, i-1))
		if err != nil {
			return nil // in the middle of a rotation
		}
		return file
	}
	if _, err := os.Stat(path); err != nil {
		return nil // the task was removed
	}
	f.out.add([]byte("[grue] lines were lost here: they came faster than they could be read\n"))
	return oldest(path)
}

func generation(path string, i int) string {
	if i == 0 {
		return path
	}
	return fmt.Sprintf("%s.%d", path, i)
}

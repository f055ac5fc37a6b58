package proxy

import (
	"errors"
	"io"
	"sync"
)

// replay reads the body of an HTTP/2 request so that another target can be sent
// it from the beginning, as long as no more than smallBody was read of it. A
// transport may still be reading for an attempt that has failed: what it takes is
// kept for the attempt that goes on.
type replay struct {
	src   io.Reader
	onEnd func() // the whole body was read

	mu      sync.Mutex
	news    *sync.Cond // something was read, or another attempt began
	reading bool       // from src, by whichever attempt
	kept    []byte
	base    int // bytes before kept, which are lost
	end     error
	reader  *replayReader // of the attempt that goes on
}

// replayReader is the body of one attempt.
type replayReader struct {
	r  *replay
	at int
}

// again begins a new attempt. It fails when the beginning of the body is lost.
func (r *replay) again() (*replayReader, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.base > 0 {
		return nil, false
	}
	if r.news == nil {
		r.news = sync.NewCond(&r.mu)
	}
	r.reader = &replayReader{r: r}
	r.news.Broadcast()
	return r.reader, true
}

// whole reports that another attempt can have the body from its beginning.
func (r *replay) whole() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.base == 0
}

// errOldAttempt ends the body of an attempt that another one has replaced.
var errOldAttempt = errors.New("proxy: the request went to another target")

func (b *replayReader) Read(p []byte) (int, error) {
	r := b.r
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		switch {
		case r.reader != b:
			return 0, errOldAttempt
		case b.at < r.base+len(r.kept):
			return b.take(p), nil
		case r.end != nil:
			return 0, r.end
		case r.reading:
			r.news.Wait()
		default:
			r.fill(p)
		}
	}
}

// fill reads more from the source; p is the space for it. The lock is free
// meanwhile.
func (r *replay) fill(p []byte) {
	r.reading = true
	r.mu.Unlock()
	n, err := r.src.Read(p)
	if errors.Is(err, io.EOF) && r.onEnd != nil {
		r.onEnd()
	}
	r.mu.Lock()
	r.reading, r.end = false, err
	r.kept = append(r.kept, p[:n]...)
	r.news.Broadcast()
}

// take hands out what is there.
func (b *replayReader) take(p []byte) int {
	r := b.r
	n := copy(p, r.kept[b.at-r.base:])
	b.at += n
	if b.at > smallBody { // too much to keep
		r.kept = r.kept[:copy(r.kept, r.kept[b.at-r.base:])]
		r.base = b.at
	}
	return n
}

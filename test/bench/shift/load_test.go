package shift_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/bench/rig"
)

const (
	perSecond   = 1000
	connections = 64 // each is free for its next request after 64 ms
	get         = "GET / HTTP/1.1\r\nHost: bench.example.com\r\n\r\n"
)

// answer is what became of a request.
type answer struct {
	due, ended time.Time
	body       string // of the version that answered
	code500    bool
	err        error // why it failed; nil = 200
}

// load is open: a request is due every millisecond and goes over a connection of
// its own that is kept alive. Time counts from when it was due.
type load struct {
	mu      sync.Mutex
	answers []answer
	stop    chan struct{}
	done    sync.WaitGroup
}

// startLoad sends until stopped, or until the benchmark ends.
func startLoad(b *testing.B, address string) *load {
	b.Helper()
	l := &load{stop: make(chan struct{})}
	began := time.Now()
	for i := range connections {
		l.done.Go(func() { l.drive(address, began.Add(time.Duration(i)*time.Second/perSecond)) })
	}
	b.Cleanup(l.end)
	return l
}

func (l *load) drive(address string, due time.Time) {
	conn := &rig.Conn{Address: address}
	defer conn.Close()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for ; ; due = due.Add(connections * time.Second / perSecond) {
		pause.Reset(time.Until(due))
		select {
		case <-l.stop:
			return
		case <-pause.C:
		}
		conn.Body = conn.Body[:0]
		err := conn.Send([]byte(get))
		l.note(answer{due, time.Now(), string(conn.Body), err != nil && strings.Contains(err.Error(), " 500 "), err})
	}
}

func (l *load) note(a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers = append(l.answers, a)
}

// end stops the load; a second call does nothing.
func (l *load) end() {
	l.mu.Lock()
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.mu.Unlock()
	l.done.Wait()
}

// each calls f for every answer since a moment.
func (l *load) each(since time.Time, f func(*answer)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.answers) - 1; i >= 0 && l.answers[i].ended.After(since); i-- {
		f(&l.answers[i])
	}
}

// count tells how many answers a version gave since a moment.
func (l *load) count(version string, since time.Time) (n int) {
	l.each(since, func(a *answer) {
		if a.body == version {
			n++
		}
	})
	return n
}

// last is when a version gave its last answer since a moment; zero = none.
func (l *load) last(version string, since time.Time) (at time.Time) {
	l.each(since, func(a *answer) {
		if a.body == version && a.ended.After(at) {
			at = a.ended
		}
	})
	return at
}

// failures counts all requests, and those that were not answered with 200; first
// is why the first of them failed.
func (l *load) failures() (sent, failed int, first error) {
	l.each(time.Time{}, func(a *answer) {
		if sent++; a.err != nil {
			failed++
			first = a.err // answers come newest first
		}
	})
	return sent, failed, first
}

package cli

import "time"

const (
	// steady is how long a process must have lived for its death to be an
	// accident and not a habit.
	steady       = time.Second
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 5 * time.Second
	// readyBackoff bounds the wait for a process that had been ready: whatever
	// killed it, it can serve, and it must be back within a second.
	readyBackoff = 200 * time.Millisecond
)

// backoff says how long to wait before a dead process is started again: not at
// all after an accident, longer and longer when it dies at once each time.
type backoff struct {
	quick int // deaths in a row that came at once
	never int // deaths in a row before the process was ready
}

// next is told how long the process lived and whether it had become ready.
func (b *backoff) next(lived time.Duration, wasReady bool) time.Duration {
	b.never++
	if wasReady {
		b.never = 0
	}
	if wasReady && lived >= steady {
		b.quick = 0
		return 0
	}
	b.quick++
	switch {
	case b.quick == 1:
		return 0
	case wasReady:
		return min(firstBackoff<<min(b.quick-2, 10), readyBackoff)
	}
	return min(firstBackoff<<min(max(b.never-2, 0), 10), maxBackoff)
}

package queue

import (
	"slices"
	"time"
)

// poll is a receive that waits for a message.
type poll struct {
	wake chan struct{} // closed when it should look again
}

// join lets a poll wait. It must look for messages once after it joined.
func (l *live) join() *poll {
	p := &poll{wake: make(chan struct{})}
	l.polls = append(l.polls, p)
	return p
}

// quit ends the wait of a poll; if it was woken, another may take its turn.
func (l *live) quit(p *poll, now time.Time) {
	if i := slices.Index(l.polls, p); i >= 0 {
		l.polls = slices.Delete(l.polls, i, i+1)
	}
	l.nudge(now)
}

// nudge wakes the poll that waits longest if there is something for it, or sees
// to it that one is woken in time. Call it after every change.
func (l *live) nudge(now time.Time) {
	if len(l.polls) == 0 {
		return
	}
	if l.available() {
		close(l.polls[0].wake)
		l.polls = l.polls[1:]
		return
	}
	due, ok := l.waiting.next()
	if !ok || l.timer == nil || !l.armed.IsZero() && !due.Before(l.armed) {
		return
	}
	l.armed = due
	l.timer.Reset(due.Sub(now))
}

// close wakes every poll: the queue is gone, or the server ends.
func (l *live) close() {
	if l.timer != nil {
		l.timer.Stop()
	}
	for _, p := range l.polls {
		close(p.wake)
	}
	l.polls = nil
}

package queue

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Ask is what a receive asks for.
type Ask struct {
	Max        int            // messages, 1 to 10
	Visibility *time.Duration // nil = the queue's
	Wait       *time.Duration // for the first message; nil = the queue's
	// Attempt is the ReceiveRequestAttemptId of a FIFO queue: the same attempt
	// again gets the same messages, if none was deleted or became visible.
	Attempt string
}

// Received is a message that somebody received.
type Received struct {
	*Message
	Handle   string
	Receives int // in all queues
	First    time.Time
	Sequence string // of FIFO queues
}

// Receive takes messages that are visible, and makes them invisible for a time. It
// waits for the first one as long as asked for, or until ctx ends or Stop is
// called; then it returns none.
func (q *Queues) Receive(ctx context.Context, s arn.Scope, name string, a Ask) ([]*Received, error) {
	rec, l, err := q.find(s, name)
	if err != nil {
		return nil, err
	}
	wait := time.Duration(rec.number("ReceiveMessageWaitTimeSeconds")) * time.Second
	if a.Wait != nil {
		wait = *a.Wait
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for over := wait <= 0; ; {
		if ctx.Err() != nil { // nobody would get the messages
			return nil, ctx.Err()
		}
		q.mu.Lock()
		p := l.join()
		q.mu.Unlock()
		got, err := q.take(s, name, rec.ID, a)
		if err != nil || len(got) > 0 {
			over = true
		} else if !over {
			select {
			case <-p.wake:
			case <-timer.C:
				over = true
			case <-ctx.Done():
				over = true
			case <-q.stopping:
				over = true
			}
		}
		q.mu.Lock()
		l.quit(p, q.opts.Now())
		if over && err == nil && len(got) == 0 {
			l.tally.empty++
		}
		q.mu.Unlock()
		if over {
			return got, err
		}
	}
}

// find returns a queue and its memory.
func (q *Queues) find(s arn.Scope, name string) (rec *Queue, l *live, err error) {
	q.opts.Store.View(func(tx *store.Tx) { rec, err = Find(tx, s, name) })
	if err != nil {
		return nil, nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if l = q.lives[rec.ID]; l == nil {
		return nil, nil, ErrNoQueue
	}
	return rec, l, nil
}

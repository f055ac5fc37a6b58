package engine

import (
	"context"
	"sync"
	"time"
)

// queue holds keys that need work. A key is worked on by one worker at a time;
// adding it meanwhile makes it run once more afterwards.
type queue struct {
	mu      sync.Mutex
	wake    *sync.Cond
	ready   []string
	queued  map[string]bool
	running map[string]bool
	again   map[string]bool
	timers  map[string]*wakeup
	closed  bool
}

// wakeup is the earliest future time at which a key is to be queued.
type wakeup struct {
	at    time.Time
	timer *time.Timer
}

func newQueue() *queue {
	q := &queue{queued: map[string]bool{}, running: map[string]bool{}, again: map[string]bool{}, timers: map[string]*wakeup{}}
	q.wake = sync.NewCond(&q.mu)
	return q
}

// add queues a key now.
func (q *queue) add(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.push(key)
}

func (q *queue) push(key string) {
	switch {
	case q.closed || q.queued[key]:
	case q.running[key]:
		q.again[key] = true
	default:
		q.queued[key] = true
		q.ready = append(q.ready, key)
		q.wake.Signal()
	}
}

// addAt queues a key at a time, or earlier if an earlier time is already set.
func (q *queue) addAt(key string, at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || at.IsZero() {
		return
	}
	if w := q.timers[key]; w != nil {
		if !at.Before(w.at) {
			return
		}
		w.timer.Stop()
	}
	w := &wakeup{at: at}
	w.timer = time.AfterFunc(time.Until(at), func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.timers[key] == w {
			delete(q.timers, key)
		}
		q.push(key)
	})
	q.timers[key] = w
}

// run works on keys with n workers until ctx ends, and returns when the last
// worker is done.
func (q *queue) run(ctx context.Context, n int, work func(ctx context.Context, key string)) {
	stop := context.AfterFunc(ctx, q.close)
	defer stop()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for {
				key, ok := q.take()
				if !ok {
					return
				}
				work(ctx, key)
				q.finish(key)
			}
		})
	}
	wg.Wait()
}

func (q *queue) take() (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ready) == 0 && !q.closed {
		q.wake.Wait()
	}
	if q.closed {
		return "", false
	}
	key := q.ready[0]
	q.ready = q.ready[1:]
	delete(q.queued, key)
	q.running[key] = true
	return key, true
}

func (q *queue) finish(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.running, key)
	if q.again[key] {
		delete(q.again, key)
		q.push(key)
	}
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, w := range q.timers {
		w.timer.Stop()
	}
	clear(q.timers)
	q.wake.Broadcast()
}

package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestQueueWorksOnAKeyOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		ctx, cancel := context.WithCancel(context.Background())
		var inside, most, runs atomic.Int32
		var wg sync.WaitGroup
		wg.Go(func() {
			q.run(ctx, 8, func(context.Context, string) {
				most.Store(max(most.Load(), inside.Add(1)))
				time.Sleep(time.Second)
				inside.Add(-1)
				runs.Add(1)
			})
		})
		q.add("a")
		time.Sleep(100 * time.Millisecond)
		for range 5 { // while it is being worked on: once more, not five times
			q.add("a")
		}
		time.Sleep(10 * time.Second)
		if most.Load() != 1 || runs.Load() != 2 {
			t.Errorf("%d at once, %d runs", most.Load(), runs.Load())
		}
		cancel()
		wg.Wait()
	})
}

func TestQueueKeepsTheEarliestWakeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		ctx, cancel := context.WithCancel(context.Background())
		start := time.Now()
		var at []time.Duration
		var wg sync.WaitGroup
		wg.Go(func() {
			q.run(ctx, 1, func(context.Context, string) { at = append(at, time.Since(start)) })
		})
		q.addAt("a", start.Add(5*time.Second))
		q.addAt("a", start.Add(2*time.Second))
		q.addAt("a", start.Add(9*time.Second)) // later than what is set: dropped
		q.addAt("a", time.Time{})              // no wake-up
		time.Sleep(20 * time.Second)
		cancel()
		wg.Wait()
		if len(at) != 1 || at[0] != 2*time.Second {
			t.Errorf("ran at %v", at)
		}
	})
}

package image

import (
	"context"
	"errors"
	"sync"
)

// flights lets callers that want the same thing share one piece of work. The
// work ends early only when every caller has given up.
type flights struct {
	mu sync.Mutex
	m  map[string]*flight
}

type flight struct {
	done    chan struct{}
	err     error
	callers int
	cancel  context.CancelFunc
}

// do runs work for key, or waits for the one that runs.
func (f *flights) do(ctx context.Context, key string, work func(context.Context) error) error {
	for {
		fl := f.join(ctx, key, work)
		err := fl.wait(ctx)
		f.leave(key, fl)
		// A caller that came just as the last one gave up begins anew.
		if errors.Is(err, context.Canceled) && ctx.Err() == nil {
			continue
		}
		return err
	}
}

func (f *flights) join(ctx context.Context, key string, work func(context.Context) error) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl := f.m[key]; fl != nil {
		fl.callers++
		return fl
	}
	if f.m == nil {
		f.m = map[string]*flight{}
	}
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	fl := &flight{done: make(chan struct{}), callers: 1, cancel: cancel}
	f.m[key] = fl
	go func() {
		fl.err = work(own)
		f.mu.Lock()
		delete(f.m, key)
		f.mu.Unlock()
		close(fl.done)
	}()
	return fl
}

// wait ends with the work. A caller that gives up returns at once, unless it is
// the last: it waits for the work to notice, so that nothing runs on unowned.
func (fl *flight) wait(ctx context.Context) error {
	select {
	case <-fl.done:
		return fl.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave ends the work when nobody waits for it any more.
func (f *flights) leave(_ string, fl *flight) {
	f.mu.Lock()
	fl.callers--
	last := fl.callers == 0
	if last {
		fl.cancel()
	}
	f.mu.Unlock()
	if last {
		<-fl.done
	}
}

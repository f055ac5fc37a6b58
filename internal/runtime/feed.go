package runtime

import (
	"context"
	"sync"
)

// Feed is what a Driver needs for Watch: it hands the newest status of each
// task to every watcher. A slow watcher misses states, never tasks. Make it
// with NewFeed.
type Feed struct {
	mu       sync.Mutex
	latest   map[string]Status
	watchers map[*watcher]bool
	done     chan struct{} // closed by Close
	serving  sync.WaitGroup
}

type watcher struct {
	queue  []string // tasks with news, each once, oldest first
	queued map[string]bool
	wake   chan struct{}
}

// NewFeed makes a feed without tasks.
func NewFeed() *Feed {
	return &Feed{latest: map[string]Status{}, watchers: map[*watcher]bool{}, done: make(chan struct{})}
}

// Publish tells every watcher of a status.
func (f *Feed) Publish(s Status) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest[s.ID] = s
	for w := range f.watchers {
		w.add(s.ID)
	}
}

// Forget drops a task that was removed.
func (f *Feed) Forget(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.latest, id)
}

func (w *watcher) add(id string) {
	if !w.queued[id] {
		w.queued[id] = true
		w.queue = append(w.queue, id)
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Watch streams one status of each task that exists, then one at each change,
// until ctx ends or the feed is closed.
func (f *Feed) Watch(ctx context.Context) <-chan Status {
	out := make(chan Status)
	w := &watcher{queued: map[string]bool{}, wake: make(chan struct{}, 1)}
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.done:
		close(out)
		return out
	default:
	}
	f.watchers[w] = true
	for id := range f.latest {
		w.add(id)
	}
	f.serving.Go(func() { f.serve(ctx, w, out) })
	return out
}

func (f *Feed) serve(ctx context.Context, w *watcher, out chan<- Status) {
	defer close(out)
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.watchers, w)
	}()
	for {
		s, ok := f.next(w)
		send, wake := out, w.wake
		if ok {
			wake = nil
		} else {
			send = nil
		}
		select {
		case send <- s:
		case <-wake:
		case <-ctx.Done():
			return
		case <-f.done:
			return
		}
	}
}

// next takes the oldest news of a watcher.
func (f *Feed) next(w *watcher) (Status, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(w.queue) > 0 {
		id := w.queue[0]
		w.queue = w.queue[1:]
		delete(w.queued, id)
		if s, ok := f.latest[id]; ok {
			return s, true
		}
	}
	return Status{}, false
}

// Close ends every watch and waits for its goroutine.
func (f *Feed) Close() {
	f.mu.Lock()
	select {
	case <-f.done:
	default:
		close(f.done)
	}
	f.mu.Unlock()
	f.serving.Wait()
}

package fake

import (
	"context"
	"sync"

	"github.com/grue-ecs/grue/internal/runtime"
)

// watch holds the newest status of each task that its reader has not taken yet.
type watch struct {
	mu     sync.Mutex
	wake   chan struct{}
	news   map[string]runtime.Status
	order  []string
	closed bool
}

// Watch streams statuses until ctx ends.
func (d *Driver) Watch(ctx context.Context) <-chan runtime.Status {
	w := &watch{wake: make(chan struct{}, 1), news: map[string]runtime.Status{}}
	d.mu.Lock()
	for _, t := range d.inOrder() {
		w.put(copyStatus(t))
	}
	if d.closed {
		w.close()
	}
	d.watches[w] = true
	d.mu.Unlock()
	out := make(chan runtime.Status)
	go func() {
		defer close(out)
		defer func() {
			d.mu.Lock()
			delete(d.watches, w)
			d.mu.Unlock()
		}()
		w.run(ctx, out)
	}()
	return out
}

func (w *watch) run(ctx context.Context, out chan<- runtime.Status) {
	for {
		st, ok, closed := w.take()
		switch {
		case ok:
			select {
			case out <- st:
				continue
			case <-ctx.Done():
				return
			}
		case closed:
			return
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return
		}
	}
}

func (w *watch) put(st runtime.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.news[st.ID]; !ok {
		w.order = append(w.order, st.ID)
	}
	w.news[st.ID] = st
	w.poke()
}

func (w *watch) take() (st runtime.Status, ok, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.order) == 0 {
		return st, false, w.closed
	}
	id := w.order[0]
	w.order = w.order[1:]
	st = w.news[id]
	delete(w.news, id)
	return st, true, false
}

func (w *watch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.poke()
}

func (w *watch) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

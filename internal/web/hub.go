package web

import (
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

const (
	// calm is the shortest time between two computations of a view.
	calm = 250 * time.Millisecond
	// beat is how often measured items are computed.
	beat = time.Second
)

// hub computes views for those who look at them.
//
//	store ─ commit ─► feed.touch ─► dirty keys ─┐   one goroutine a feed, while
//	               every second ─► Measure ─────┴─► somebody looks
//	                                                 │ changed bytes: one frame
//	        readers ◄── frames after their last one ─┘ or a full one, if too late
type hub struct {
	site *Site
	wg   sync.WaitGroup
	stop func() // of the watch
	// heartbeat is how often a stream says that it lives, and asks whether its session
	// still does.
	heartbeat time.Duration

	mu     sync.RWMutex
	feeds  map[feedKey]*feed
	closed chan struct{}
}

type feedKey struct {
	scope arn.Scope
	path  string
}

func newHub(s *Site) *hub {
	h := &hub{site: s, heartbeat: heartbeat, feeds: map[feedKey]*feed{}, closed: make(chan struct{})}
	h.stop = s.opts.Store.Watch(h.commit)
	return h
}

// commit tells the feeds what changed. It runs in the store's own goroutine.
func (h *hub) commit(c store.Commit) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, f := range h.feeds {
		f.touch(c)
	}
}

// close ends every feed and waits for them.
func (h *hub) close() {
	h.stop()
	h.mu.Lock()
	select {
	case <-h.closed:
	default:
		close(h.closed)
	}
	h.mu.Unlock()
	h.wg.Wait()
}

// join returns the running feed of a view with one reader more; leave it at the
// end. It returns nil when the hub is closed.
func (h *hub) join(key feedKey, v View) *feed {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.closed:
		return nil
	default:
	}
	f := h.feeds[key]
	if f == nil {
		f = newFeed(h.site, key, v)
		h.feeds[key] = f
		h.wg.Go(func() { f.run(h.closed) })
	}
	f.readers++
	return f
}

// leave ends a feed with its last reader.
func (h *hub) leave(f *feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f.readers--; f.readers == 0 {
		delete(h.feeds, f.key)
		close(f.done)
	}
}

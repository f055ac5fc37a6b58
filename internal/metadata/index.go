package metadata

import (
	"sync"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// place is where a container is recorded.
type place struct {
	task  string // key in state.Tasks
	index int    // in Task.Containers
}

// index finds containers by endpoint id.
type index struct {
	mu     sync.RWMutex
	places map[string]place
}

func newIndex(st *store.Store) (ix *index, stop func()) {
	ix = &index{places: map[string]place{}}
	stop = st.Watch(func(c store.Commit) {
		for _, ch := range c.Changes {
			if ch.Kind != state.Tasks.Kind() {
				continue
			}
			t, old := state.Tasks.Of(ch)
			switch {
			case old == nil:
				ix.add(ch.ID, t)
			case t == nil:
				ix.remove(old)
			}
		}
	})
	st.View(func(tx *store.Tx) {
		for key, t := range state.Tasks.All(tx) {
			ix.add(key, t)
		}
	})
	return ix, stop
}

func (ix *index) add(key string, t *state.Task) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for i, c := range t.Containers {
		ix.places[c.EndpointID] = place{key, i}
	}
}

func (ix *index) remove(t *state.Task) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for _, c := range t.Containers {
		delete(ix.places, c.EndpointID)
	}
}

func (ix *index) find(endpoint string) (place, bool) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	p, ok := ix.places[endpoint]
	return p, ok
}

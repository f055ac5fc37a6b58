package bus

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/grue-ecs/grue/internal/store"
)

// feed reads the history of the store: what was just committed from memory, what
// is older from disk.
type feed struct {
	at    atomic.Uint64 // last event that went through the buses
	saved uint64        // at, as the loop last wrote it

	mu     sync.Mutex
	recent []store.Event // contiguous
}

const (
	// maxRecent bounds the events kept in memory for the loop.
	maxRecent = 5000
	// page is how many events go through the buses in one transaction.
	page = 200
	// saveEvery is how many events without a rule may be read again after a crash.
	saveEvery = 1000
)

// open finds where to go on. A new state begins at its end: rules see what comes
// after they are put, and there are none yet.
func (f *feed) open(r *Router) error {
	var known *cursor
	r.opts.Store.View(func(tx *store.Tx) { known, _ = cursors.Get(tx, cursorID) })
	if known != nil {
		f.saved = known.At
		f.at.Store(known.At)
		return nil
	}
	f.saved = r.opts.Store.LastEvent()
	f.at.Store(f.saved)
	return r.opts.Store.Update(func(tx *store.Tx) error {
		f.save(tx)
		return nil
	})
}

// save writes the cursor, which never goes back.
func (f *feed) save(tx *store.Tx) { advance(tx, f.at.Load()) }

func advance(tx *store.Tx, at uint64) {
	if old, ok := cursors.Get(tx, cursorID); !ok || old.At < at {
		cursors.Put(tx, cursorID, &cursor{at})
	}
}

// add takes what was committed. It is called in the order of commits.
func (f *feed) add(list []store.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.recent)+len(list) > maxRecent {
		f.recent = nil // the loop is behind: it reads them from disk
	}
	f.recent = append(f.recent, list...)
}

// next returns events after at, oldest first.
func (f *feed) next(st *store.Store) ([]store.Event, error) {
	at := f.at.Load()
	f.mu.Lock()
	for len(f.recent) > 0 && f.recent[0].Seq <= at {
		f.recent = f.recent[1:]
	}
	if n := min(len(f.recent), page); n > 0 && f.recent[0].Seq == at+1 {
		list := f.recent[:n:n]
		f.mu.Unlock()
		return list, nil
	}
	f.mu.Unlock()
	if st.LastEvent() <= at {
		return nil, nil
	}
	return st.Events(at, page)
}

// drain carries what the history holds to the targets of the default buses.
func (r *Router) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		list, err := r.feed.next(r.opts.Store)
		if err != nil || len(list) == 0 {
			return err
		}
		if lost := list[0].Seq - r.feed.at.Load() - 1; lost > 0 {
			r.log.Error("events were dropped from the history before rules saw them", "events", lost)
		}
		var calls []*call
		r.opts.Store.View(func(tx *store.Tx) {
			for _, e := range list {
				calls = append(calls, r.fromHistory(tx, e)...)
			}
		})
		last := list[len(list)-1].Seq
		if len(calls) > 0 || last-r.feed.saved >= saveEvery {
			err := r.opts.Store.Update(func(tx *store.Tx) error {
				advance(tx, last)
				return r.hand(tx, calls)
			})
			if err != nil {
				return err
			}
			r.feed.saved = last
		}
		r.feed.at.Store(last)
	}
	return nil
}

func (r *Router) fromHistory(tx *store.Tx, e store.Event) []*call {
	if rules.Len(tx) == 0 {
		return nil
	}
	ev, err := NewEvent(Default, e)
	if err != nil {
		r.log.Error("event is no JSON", "event", e.ID, "err", err)
		return nil
	}
	return r.match(tx, ev, 0)
}

package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/grue-ecs/grue/internal/store"
)

// eventPage is how many events are read from the history at once.
const eventPage = 500

// eventStream serves the history as server-sent events.
//
// `GET /grue/events` sends what happens from now on; `?after=N`, or the header
// Last-Event-ID that browsers send when they reconnect, first sends what came
// after event N. Each message has the event's sequence number as its id and
// EventBridge's JSON as its data.
type eventStream struct {
	store *store.Store
	ctx   context.Context
	close context.CancelFunc

	mu      sync.Mutex
	waiters map[chan struct{}]bool
	stop    func()
}

func newEventStream(st *store.Store) *eventStream {
	e := &eventStream{store: st, waiters: map[chan struct{}]bool{}}
	e.ctx, e.close = context.WithCancel(context.Background())
	e.stop = st.Watch(func(c store.Commit) {
		if len(c.Events) > 0 {
			e.wake()
		}
	})
	return e
}

func (e *eventStream) wake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for w := range e.waiters {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

func (e *eventStream) subscribe() (ch chan struct{}, cancel func()) {
	ch = make(chan struct{}, 1)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiters[ch] = true
	return ch, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.waiters, ch)
	}
}

func (e *eventStream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after, err := e.start(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ch, cancel := e.subscribe()
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	for {
		if after, err = e.send(w, after); err != nil {
			return
		}
		if flush.Flush() != nil {
			return
		}
		select {
		case <-ch:
		case <-r.Context().Done():
			return
		case <-e.ctx.Done():
			return
		}
	}
}

// start is the sequence number after which a client wants events.
func (e *eventStream) start(r *http.Request) (uint64, error) {
	from := r.URL.Query().Get("after")
	if from == "" {
		from = r.Header.Get("Last-Event-ID")
	}
	if from == "" {
		return e.store.LastEvent(), nil
	}
	n, err := strconv.ParseUint(from, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("after must be the number of an event, not %q", from)
	}
	return n, nil
}

func (e *eventStream) send(w http.ResponseWriter, after uint64) (uint64, error) {
	for {
		list, err := e.store.Events(after, eventPage)
		if err != nil {
			return after, err
		}
		for _, ev := range list {
			doc, err := json.Marshal(ev)
			if err != nil {
				return after, err
			}
			if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", ev.Seq, doc); err != nil {
				return after, err
			}
			after = ev.Seq
		}
		if len(list) < eventPage {
			return after, nil
		}
	}
}

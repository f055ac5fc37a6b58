package function

import (
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// Limits of asynchronous invocation.
const (
	MaxEvent      = 1 << 20 // payload
	maxQueued     = 10_000
	defaultTries  = 2 // after the first
	defaultMaxAge = 6 * time.Hour
)

// Enqueue keeps an event for a function; it is on disk when Enqueue returns.
func (f *Functions) Enqueue(r Request) error {
	return f.opts.Store.Update(func(tx *store.Tx) error { return f.EnqueueTx(tx, r) })
}

// EnqueueTx keeps an event for a function as part of a transaction.
func (f *Functions) EnqueueTx(tx *store.Tx, r Request) error {
	if len(r.Payload) > MaxEvent {
		return ErrTooLarge
	}
	if _, err := f.Version(r.Reference); err != nil {
		return err
	}
	if events.Len(tx) >= maxQueued {
		return ErrQueueFull
	}
	now := time.Now()
	ev := &Event{
		Scope: r.Scope, Name: r.Name, Qualifier: r.Qualifier, ID: store.NewUUID(), Payload: r.Payload,
		ClientContext: r.ClientContext, Created: now, Due: now,
	}
	events.Put(tx, ev.key(), ev)
	tx.AfterCommit(f.poke)
	return nil
}

func (e *Event) key() string { return e.Key(e.Name, e.ID) }

func (f *Functions) poke() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// runQueue delivers events when they are due, one goroutine each; events are at
// most as many as environments.
func (f *Functions) runQueue() {
	var mu sync.Mutex
	running := map[string]bool{}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-f.wake:
		case <-timer.C:
		}
		mu.Lock()
		due, wait := f.due(running)
		for _, ev := range due {
			running[ev.key()] = true
			f.wg.Go(func() {
				f.deliver(ev)
				mu.Lock()
				delete(running, ev.key())
				mu.Unlock()
				f.poke()
			})
		}
		mu.Unlock()
		timer.Reset(wait)
	}
}

// due finds what to deliver now and how long to wait for the next.
func (f *Functions) due(running map[string]bool) (due []*Event, wait time.Duration) {
	now := time.Now()
	wait = time.Hour
	f.opts.Store.View(func(tx *store.Tx) {
		for id, ev := range events.All(tx) {
			switch {
			case running[id]:
			case ev.Due.After(now):
				wait = min(wait, ev.Due.Sub(now))
			case len(due)+len(running) < f.opts.Concurrency:
				due = append(due, ev)
			}
		}
	})
	return due, wait
}

// deliver tries an event once and notes what comes of it.
func (f *Functions) deliver(ev *Event) {
	r := Reference{Scope: ev.Scope, Name: ev.Name, Qualifier: ev.Qualifier}
	retries, age := f.async(r)
	if time.Since(ev.Created) > age {
		f.finish(ev, "the event is too old")
		return
	}
	res, err := f.Call(f.ctx, Request{Reference: r, Payload: ev.Payload, ClientContext: ev.ClientContext})
	next := *ev
	switch {
	case f.ctx.Err() != nil: // stopping: it runs again after the start
		return
	case errors.Is(err, ErrNotFound):
		f.finish(ev, "the function is gone")
		return
	case err != nil: // a throttle or a failure of ours: again, within the age
		next.Throttles++
		next.Due = time.Now().Add(min(time.Second<<min(next.Throttles-1, 10), 5*f.opts.Minute))
	case res.FunctionError == "":
		f.finish(ev, "")
		return
	case ev.Failures >= retries:
		f.finish(ev, "the function failed: "+reason(res.Payload))
		return
	default: // about one minute, then about two
		next.Failures++
		next.Due = time.Now().Add(time.Duration(next.Failures) * f.opts.Minute)
	}
	err = f.opts.Store.Update(func(tx *store.Tx) error {
		if _, ok := events.Get(tx, ev.key()); ok { // the function may be deleted
			events.Put(tx, ev.key(), &next)
		}
		return nil
	})
	if err != nil {
		f.log.Error("event of a function not kept", "function", ev.Name, "err", err)
	}
}

// async is how often and how long an event of a function is tried.
func (f *Functions) async(r Reference) (retries int, age time.Duration) {
	retries, age = defaultTries, defaultMaxAge
	fn, ok := f.Find(r.Scope, r.Name)
	if !ok {
		return retries, age
	}
	q := r.Qualifier
	if q == "" {
		q = Latest
	}
	if a, ok := fn.Async[q]; ok {
		if a.Retries != nil {
			retries = int(*a.Retries)
		}
		if a.Age != nil {
			age = time.Duration(*a.Age) * time.Second
		}
	}
	return retries, age
}

// finish forgets an event; why tells that it was in vain.
func (f *Functions) finish(ev *Event, why string) {
	err := f.opts.Store.Update(func(tx *store.Tx) error {
		events.Delete(tx, ev.key())
		return nil
	})
	if err != nil {
		f.log.Error("event of a function not removed", "function", ev.Name, "err", err)
	}
	if why != "" {
		f.log.Warn("event of a function dropped", "function", ev.Name, "event", ev.ID, "tries", ev.Failures+1, "why", why)
	}
}

// reason is the message in the answer of a failed function.
func reason(payload []byte) string {
	var doc struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}
	if json.Unmarshal(payload, &doc) != nil || doc.ErrorMessage == "" {
		return string(payload[:min(len(payload), 200)])
	}
	return doc.ErrorType + ": " + doc.ErrorMessage
}

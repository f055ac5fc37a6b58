package queue

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var scope = arn.Scope{Account: "000000000000", Region: "us-east-1"}

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// world is the queues of a directory, with a clock that the test moves.
type world struct {
	fataler
	dir     string
	ticking sync.Mutex // is held to change now, which timers of Queues read
	now     time.Time
	store   *store.Store
	*Queues
}

func start(t *testing.T) *world {
	w := &world{fataler: t, dir: t.TempDir(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	w.open()
	t.Cleanup(func() { w.store.Close() })
	return w
}

func (w *world) open() {
	w.Helper()
	st, err := store.Open(filepath.Join(w.dir, "state.db"), store.Options{})
	w.ok(err)
	w.store = st
	w.Queues = New(Options{Store: st, Now: w.clock})
}

// restart is the death of the server and its next life.
func (w *world) restart() {
	w.Helper()
	w.ok(w.store.Close())
	w.open()
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%v", err)
	}
}

func (w *world) create(name string, pairs ...string) *Queue {
	w.Helper()
	attributes := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		attributes[pairs[i]] = pairs[i+1]
	}
	var out *Queue
	w.ok(w.Update(func(tx *store.Tx) (err error) {
		out, err = w.Create(tx, scope, name, attributes, nil)
		return err
	}))
	return out
}

func (w *world) get(name string) (q *Queue) {
	w.Helper()
	w.ok(w.View(func(tx *store.Tx) (err error) { q, err = Find(tx, scope, name); return err }))
	return q
}

func (w *world) send(name string, m Outgoing) (sent Sent, err error) {
	err = w.Update(func(tx *store.Tx) error {
		q, err := Find(tx, scope, name)
		if err == nil {
			sent, err = w.Send(tx, q, &m)
		}
		return err
	})
	return sent, err
}

func (w *world) put(name, body string) {
	w.Helper()
	_, err := w.send(name, Outgoing{Body: body})
	w.ok(err)
}

func seconds(n int) *time.Duration { d := time.Duration(n) * time.Second; return &d }

// receive asks for up to limit messages, which become invisible for some seconds.
func (w *world) receive(name string, limit, visibility int) []*Received {
	w.Helper()
	got, err := w.Receive(context.Background(), scope, name, Ask{Max: limit, Visibility: seconds(visibility), Wait: seconds(0)})
	w.ok(err)
	return got
}

func (w *world) remove(name, handle string) error {
	return w.Update(func(tx *store.Tx) error {
		q, err := Find(tx, scope, name)
		if err != nil {
			return err
		}
		return w.Remove(tx, q, handle)
	})
}

func (w *world) hide(name, handle string, seconds int) error {
	return w.Update(func(tx *store.Tx) error {
		q, err := Find(tx, scope, name)
		if err != nil {
			return err
		}
		return w.ChangeVisibility(tx, q, handle, seconds)
	})
}

func (w *world) tick(seconds int) {
	w.ticking.Lock()
	defer w.ticking.Unlock()
	w.now = w.now.Add(time.Duration(seconds) * time.Second)
}

// clock is what Queues ask, from timers of their own, too.
func (w *world) clock() time.Time {
	w.ticking.Lock()
	defer w.ticking.Unlock()
	return w.now
}

func bodies(got []*Received) string {
	out := ""
	for _, r := range got {
		out += r.Body
	}
	return out
}

// expect receives and compares the bodies.
func (w *world) expect(name string, limit int, want string) []*Received {
	w.Helper()
	got := w.receive(name, limit, 30)
	if bodies(got) != want {
		w.Fatalf("received %q, want %q", bodies(got), want)
	}
	return got
}

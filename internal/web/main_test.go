package web

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var scope = arn.Scope{Account: "000000000000", Region: "us-east-1"}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a site on a store of its own.
type world struct {
	t testing.TB
	*Site
	store *store.Store
	clock *clock
	keys  map[string]string // access key ids and secrets
}

func newWorld(t testing.TB) *world {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: st, clock: &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, keys: map[string]string{"AKIAUSER": "secret", "ASIATEMP": "secret"}}
	w.Site, err = New(Options{
		Store: st, Ledger: elb.NewLedger(), Account: scope.Account, Region: scope.Region, Version: "test", Now: w.clock.now,
		Authenticate: func(key string) (string, wire.Caller, bool) {
			secret, ok := w.keys[key]
			return secret, wire.Caller{Account: scope.Account, ARN: "arn:aws:iam::000000000000:user/ann", AccessKey: key}, ok
		},
		Session: func(key string) (string, time.Time, bool) {
			return "token", time.Date(2026, 1, 2, 4, 4, 5, 0, time.UTC), key == "ASIATEMP"
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); st.Close() })
	return w
}

// put changes the records.
func (w *world) put(fn func(tx *store.Tx)) {
	w.t.Helper()
	if err := w.store.Update(func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// look computes a view as a whole, as of now.
func (w *world) look(path ...string) Items {
	w.t.Helper()
	k := w.kinds[path[0]]
	v := k.Open(w.Site, scope, path[1:])
	var out Items
	w.store.View(func(tx *store.Tx) {
		b := &Build{Site: w.Site, Tx: tx, Now: w.clock.now(), Scope: scope}
		var err error
		if out, err = v.All(b); err != nil {
			w.t.Fatal(err)
		}
	})
	return out
}

// await waits until cond is true.
func await(t testing.TB, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("waited in vain for " + what)
		}
	}
}

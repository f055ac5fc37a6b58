package outbox

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	table = store.NewTable[Item]("test.outbox")
	marks = store.NewTable[string]("test.mark")
)

// world is a box whose receivers the test scripts.
type world struct {
	*testing.T
	store   *store.Store
	box     *Box
	deliver func(it *Item) (func(*store.Tx) error, error)

	mu      sync.Mutex
	got     []string // bodies in the order of delivery
	givenUp []string
	stop    func()
}

func open(t *testing.T, file string) *world { return openWith(t, file, false) }

func openWith(t *testing.T, file string, inOrder bool) *world {
	st, err := store.Open(file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, store: st, stop: func() {}}
	w.box = New(Options{
		Store: st, Table: table, InOrder: inOrder,
		Deliver: func(_ context.Context, it *Item) (func(*store.Tx) error, error) {
			w.mu.Lock()
			w.got = append(w.got, string(it.Body))
			w.mu.Unlock()
			if w.deliver == nil {
				return nil, nil
			}
			return w.deliver(it)
		},
		MaxLane: 100,
		Retry:   func(it *Item) (time.Duration, bool) { return time.Millisecond, it.Tries < 3 },
		GivenUp: func(it *Item, err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.givenUp = append(w.givenUp, fmt.Sprintf("%s after %d: %v", it.Body, it.Tries, err))
		},
	})
	t.Cleanup(w.close)
	return w
}

func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.box.Run(ctx) }()
	w.stop = sync.OnceFunc(func() { cancel(); <-done })
}

func (w *world) close() {
	w.stop()
	w.store.Close()
}

func (w *world) put(lane string, bodies ...string) {
	w.Helper()
	if err := w.store.Update(func(tx *store.Tx) error {
		for _, b := range bodies {
			if err := w.box.Put(tx, lane, b); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		w.Fatal(err)
	}
}

// await waits until nothing is left.
func (w *world) await() {
	w.Helper()
	limit := time.After(5 * time.Minute)
	for {
		n := 0
		w.store.View(func(tx *store.Tx) { n = table.Len(tx) })
		if n == 0 {
			return
		}
		select {
		case <-limit:
			w.Fatalf("%d items are left", n)
		case <-time.After(time.Millisecond):
		}
	}
}

func (w *world) delivered() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.got)
}

func TestOrderInALane(t *testing.T) {
	w := open(t, filepath.Join(t.TempDir(), "state.db"))
	w.put("a", "1", "2")
	w.run()
	w.put("a", "3")
	w.put("a", "4", "5")
	w.await()
	if got := strings.Join(w.delivered(), ""); got != `"1""2""3""4""5"` {
		t.Error(got)
	}
}

// TestInOrder: an item that failed lets none of its lane pass.
func TestInOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.db")
	w := openWith(t, file, true)
	w.put("a", "1", "2")
	w.close()
	w = openWith(t, file, true) // what an earlier process left comes first
	w.deliver = func(it *Item) (func(*store.Tx) error, error) {
		if it.Tries == 0 {
			return nil, errors.New("busy")
		}
		return nil, nil
	}
	w.put("a", "3", "4")
	w.run()
	w.await()
	if got := strings.Join(w.delivered(), ""); got != `"1""1""2""2""3""3""4""4"` {
		t.Error(got)
	}
}

func TestRetryThenGiveUp(t *testing.T) {
	w := open(t, filepath.Join(t.TempDir(), "state.db"))
	w.deliver = func(it *Item) (func(*store.Tx) error, error) {
		switch string(it.Body) {
		case `"final"`:
			return nil, Final(errors.New("no such receiver"))
		case `"commit"`:
			return func(*store.Tx) error { return errors.New("full") }, nil
		case `"panic"`:
			return func(*store.Tx) error { panic("oh") }, nil
		case `"second"`:
			if it.Tries == 1 {
				return nil, nil
			}
		}
		return nil, errors.New("busy")
	}
	w.run()
	for i, name := range []string{"busy", "final", "commit", "second", "panic"} {
		w.put(fmt.Sprint(i), name)
	}
	w.await()
	w.stop()
	slices.Sort(w.givenUp)
	want := []string{`"busy" after 3: busy`, `"commit" after 3: full`, `"final" after 1: no such receiver`, `"panic" after 1: outbox: oh`}
	if !slices.Equal(w.givenUp, want) {
		t.Errorf("given up: %q", w.givenUp)
	}
}

func TestCommitIsPartOfTheDeletion(t *testing.T) {
	w := open(t, filepath.Join(t.TempDir(), "state.db"))
	w.deliver = func(it *Item) (func(*store.Tx) error, error) {
		return func(tx *store.Tx) error {
			body := string(it.Body)
			marks.Put(tx, "x", &body)
			return nil
		}, nil
	}
	w.run()
	w.put("a", "hello")
	w.await()
	w.store.View(func(tx *store.Tx) {
		if m, ok := marks.Get(tx, "x"); !ok || *m != `"hello"` {
			t.Error("the commit is missing")
		}
	})
}

// What was put but not delivered is delivered by the next process, in order.
func TestAfterARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.db")
	w := open(t, file)
	w.put("a", "1", "2")
	w.close()
	w = open(t, file)
	w.put("a", "3")
	w.run()
	w.await()
	if got := strings.Join(w.delivered(), ""); got != `"1""2""3"` {
		t.Error(got)
	}
}

// A delivery that the end interrupts is no failed try.
func TestStopIsNoFailure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.db")
	w := open(t, file)
	began := make(chan struct{})
	w.box.opts.Deliver = func(ctx context.Context, _ *Item) (func(*store.Tx) error, error) {
		close(began)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	w.run()
	w.put("a", "1")
	<-began
	w.stop()
	w.store.View(func(tx *store.Tx) {
		for _, it := range table.All(tx) {
			if it.Tries != 0 {
				t.Errorf("%+v", it)
			}
			return
		}
		t.Error("the item is gone")
	})
}

func TestFullLane(t *testing.T) {
	w := open(t, filepath.Join(t.TempDir(), "state.db"))
	w.put("a", make([]string, 100)...)
	for w.box.Waiting("a") < 100 { // they are counted right after the commit
		runtime.Gosched()
	}
	err := w.store.Update(func(tx *store.Tx) error { return w.box.Put(tx, "a", "x") })
	if !errors.Is(err, ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	w.put("b", "x")
}

// One receiver that hangs does not hold up another.
func TestLanesAreIndependent(t *testing.T) {
	w := open(t, filepath.Join(t.TempDir(), "state.db"))
	release := make(chan struct{})
	w.deliver = func(it *Item) (func(*store.Tx) error, error) {
		if it.Lane == "slow" {
			<-release
		}
		return nil, nil
	}
	w.run()
	w.put("slow", "s")
	for i := range 20 {
		w.put("fast", fmt.Sprint(i))
	}
	limit := time.After(5 * time.Minute)
	for len(w.delivered()) < 21 {
		select {
		case <-limit:
			t.Fatal(w.delivered())
		case <-time.After(time.Millisecond):
		}
	}
	close(release)
	w.await()
}

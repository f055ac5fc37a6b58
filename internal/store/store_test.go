package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type thing struct{ N int }

var things = NewTable[thing]("test.thing")

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func get(s *Store, id string) (n int, ok bool) {
	s.View(func(tx *Tx) {
		if v, found := things.Get(tx, id); found {
			n, ok = v.N, true
		}
	})
	return n, ok
}

func put(t *testing.T, s *Store, id string, n int) {
	t.Helper()
	if err := s.Update(func(tx *Tx) error { things.Put(tx, id, &thing{n}); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	put(t, s, "a", 1)
	put(t, s, "b", 2)
	if err := s.Update(func(tx *Tx) error {
		things.Delete(tx, "a")
		tx.Emit(Event{Source: "aws.ecs", DetailType: "x"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	epoch := s.Epoch()
	s.Close()

	s = open(t, path)
	if _, ok := get(s, "a"); ok {
		t.Error("a deleted record came back")
	}
	if n, ok := get(s, "b"); !ok || n != 2 {
		t.Errorf("b = %d, %v", n, ok)
	}
	if s.Epoch() <= epoch {
		t.Errorf("epoch %d after %d", s.Epoch(), epoch)
	}
	ev, err := s.Events(0, 10)
	if err != nil || len(ev) != 1 || ev[0].Source != "aws.ecs" || ev[0].Seq != 1 {
		t.Errorf("events %+v, %v", ev, err)
	}
}

func TestErrorChangesNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	put(t, s, "a", 1)
	boom := errors.New("boom")
	err := s.Update(func(tx *Tx) error {
		things.Put(tx, "a", &thing{9})
		things.Put(tx, "c", &thing{9})
		tx.Emit(Event{})
		return boom
	})
	if err != boom {
		t.Fatalf("err = %v", err)
	}
	put(t, s, "b", 2) // shares the head that was rolled back
	if n, _ := get(s, "a"); n != 1 {
		t.Errorf("a = %d", n)
	}
	if _, ok := get(s, "c"); ok {
		t.Error("c exists")
	}
	if s.LastEvent() != 0 {
		t.Error("an event of a failed transaction was kept")
	}
}

func TestFailedFlushUndoesTheBatch(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	put(t, s, "a", 1)
	s.disk.db.Close() // as a disk that fails
	if err := s.Update(func(tx *Tx) error { things.Put(tx, "a", &thing{2}); return nil }); err == nil {
		t.Fatal("an update without a disk succeeded")
	}
	if n, _ := get(s, "a"); n != 1 {
		t.Errorf("reader sees %d", n)
	}
	_ = s.Update(func(tx *Tx) error {
		if v, _ := things.Get(tx, "a"); v.N != 1 {
			t.Errorf("writer sees %d", v.N)
		}
		return errors.New("only looking")
	})
}

func TestWatchSeesEveryCommitInOrder(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	var mu sync.Mutex
	var seen []string
	stop := s.Watch(func(c Commit) {
		mu.Lock()
		defer mu.Unlock()
		for _, ch := range c.Changes {
			v, old := things.Of(ch)
			seen = append(seen, fmt.Sprint(ch.ID, v != nil, old != nil))
		}
	})
	defer stop()
	put(t, s, "a", 1)
	put(t, s, "a", 2)
	if err := s.Update(func(tx *Tx) error { things.Delete(tx, "a"); return nil }); err != nil {
		t.Fatal(err)
	}
	s.Close() // waits for the last notification
	mu.Lock()
	defer mu.Unlock()
	if got := fmt.Sprint(seen); got != "[atrue false atrue true afalse true]" {
		t.Errorf("seen %s", got)
	}
}

func TestConcurrentWritersShareFlushes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for range 25 {
				if err := s.Update(func(tx *Tx) error {
					v, _ := things.Get(tx, "sum")
					n := 0
					if v != nil {
						n = v.N
					}
					things.Put(tx, "sum", &thing{n + 1})
					things.Put(tx, fmt.Sprintf("w/%d", w), &thing{n})
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s.Close()
	s = open(t, path)
	if n, _ := get(s, "sum"); n != 200 {
		t.Errorf("sum = %d", n)
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	open(t, path)
	if _, err := Open(path, Options{}); err == nil {
		t.Fatal("two processes could hold one state")
	}
}

func TestPrefix(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	for i, id := range []string{"a/1", "a/2", "b/1", "a", "ab/1"} {
		put(t, s, id, i)
	}
	var got []string
	s.View(func(tx *Tx) {
		for id := range things.Prefix(tx, "a/") {
			got = append(got, id)
		}
	})
	if fmt.Sprint(got) != "[a/1 a/2]" {
		t.Errorf("got %v", got)
	}
	if err := s.Update(func(tx *Tx) error {
		for id := range things.All(tx) {
			things.Delete(tx, id)
			things.Put(tx, "new/"+id, &thing{})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.View(func(tx *Tx) {
		if n := things.Len(tx); n != 5 {
			t.Errorf("%d records", n)
		}
	})
}

// The state holds keys of access: no other user may read it, wherever it lies.
func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a?b#c%41 d")
	st, err := Open(filepath.Join(dir, "state.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	files, err := filepath.Glob(filepath.Join(dir, "state.db*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files: %q %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f, info.Mode(), err)
		}
	}
}

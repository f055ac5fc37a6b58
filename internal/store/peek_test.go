package store

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPeek reads the state beside the process that holds it, and after its end,
// and changes nothing.
func TestPeek(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if _, err := Peek(path); err == nil {
		t.Error("read a file that is not there")
	}
	st, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Update(func(tx *Tx) error {
		things.Put(tx, "a/1", &thing{N: 7})
		tx.Emit(Event{Source: "test", DetailType: "x"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	look := func(when string) {
		t.Helper()
		s, err := Peek(path)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		defer s.Close()
		s.View(func(tx *Tx) {
			if v, ok := things.Get(tx, "a/1"); !ok || v.N != 7 {
				t.Errorf("%s: %v %v", when, v, ok)
			}
		})
		events, err := s.Events(0, 10)
		kinds, odd := s.Records()
		if err != nil || len(events) != 1 || s.LastEvent != 1 || s.Epoch != 1 || kinds[things.Kind()] != 1 || odd != 0 {
			t.Errorf("%s: %+v %v, epoch %d, %v, %d", when, events, err, s.Epoch, kinds, odd)
		}
	}
	look("while it is open")
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	look("after it was closed")
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file changed: %v", err)
	}
	st, err = Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if st.Epoch() != 2 {
		t.Errorf("epoch %d", st.Epoch())
	}
}

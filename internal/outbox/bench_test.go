package outbox

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// BenchmarkLane is how fast one receiver that answers at once gets its items.
func BenchmarkLane(b *testing.B) {
	st, err := store.Open(filepath.Join(b.TempDir(), "state.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	left := b.N
	all := make(chan struct{})
	box := New(Options{
		Store: st, Table: table, MaxLane: b.N + 1,
		Deliver: func(context.Context, *Item) (func(*store.Tx) error, error) {
			if left--; left == 0 {
				close(all)
			}
			return nil, nil
		},
		Retry:   func(*Item) (time.Duration, bool) { return 0, false },
		GivenUp: func(*Item, error) {},
	})
	if err := st.Update(func(tx *store.Tx) error {
		for range b.N {
			if err := box.Put(tx, "a", "an event of a task"); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	b.ResetTimer()
	go func() { done <- box.Run(ctx) }()
	<-all
	b.StopTimer()
	cancel()
	<-done
}

package runtime

import (
	"context"
	"fmt"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFeedCoalescesButLosesNoTask(t *testing.T) {
	f := NewFeed()
	defer f.Close()
	f.Publish(Status{ID: "old", Seq: 1})
	ctx, cancel := context.WithCancel(t.Context())
	ch := f.Watch(ctx)
	for seq := uint64(1); seq <= 100; seq++ {
		for task := range 10 {
			f.Publish(Status{ID: fmt.Sprint(task), Seq: seq})
		}
	}
	latest := map[string]uint64{}
	received := 0
	for latest["old"] != 1 || len(latest) != 11 || !allAt(latest, 100) {
		s := <-ch
		received++
		if s.Seq < latest[s.ID] {
			t.Fatalf("task %s went from %d back to %d", s.ID, latest[s.ID], s.Seq)
		}
		latest[s.ID] = s.Seq
	}
	if received > 100 {
		t.Errorf("a slow reader got %d states", received)
	}
	cancel()
	for range ch { // closed at the end
	}
}

func allAt(latest map[string]uint64, seq uint64) bool {
	for id, s := range latest {
		if id != "old" && s != seq {
			return false
		}
	}
	return true
}

func TestFeedForgetsAndCloses(t *testing.T) {
	f := NewFeed()
	f.Publish(Status{ID: "a"})
	f.Publish(Status{ID: "b"})
	f.Forget("a")
	ch := f.Watch(t.Context())
	if s := <-ch; s.ID != "b" {
		t.Errorf("got %s, want b", s.ID)
	}
	f.Close()
	if _, open := <-ch; open {
		t.Error("the channel is open after Close")
	}
	if _, open := <-f.Watch(t.Context()); open {
		t.Error("a watch began after Close")
	}
}

package engine

import (
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/state"
)

// TestEndLeavesTheRecord: a record that readers hold is never written again.
func TestEndLeavesTheRecord(t *testing.T) {
	was := newTestTask()
	was.Containers = []state.Container{{Name: "app", Status: Running}}
	next := *was
	end(&next, time.Now())
	if was.Containers[0].Status != Running || next.Containers[0].Status != Stopped {
		t.Errorf("the record says %s, its successor %s", was.Containers[0].Status, next.Containers[0].Status)
	}
}

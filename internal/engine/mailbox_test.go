package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/state"
)

// counter is a hook that counts its calls.
type counter struct{ n atomic.Int32 }

func (c *counter) Call(context.Context, hook.Call) hook.Answer {
	c.n.Add(1)
	return hook.Answer{Status: deploy.HookSucceeded}
}

// TestHookIsCalledOnce: a heartbeat asks for a call again; its answer arrives
// while that round is committed.
func TestHookIsCalledOnce(t *testing.T) {
	hooks := &counter{}
	e := &Engine{mailbox: newMailbox(), services: newQueue(), opts: Options{Hooks: hooks}}
	d := &state.Deployment{ID: "d"}
	x := deploy.InvokeHook{ID: "call", Hook: deploy.Hook{Execution: "execution", Call: 1, ExpiresAt: timeNow().Add(time.Hour)}}
	for range 3 {
		e.callHook(t.Context(), "service", d, x)
		e.background.Wait()
	}
	if n := hooks.n.Load(); n != 1 {
		t.Errorf("the hook was called %d times", n)
	}
	x.Hook.Call, x.ID = 2, "call again"
	e.callHook(t.Context(), "service", d, x)
	e.background.Wait()
	if n := hooks.n.Load(); n != 2 {
		t.Errorf("the second call was not made: %d calls", n)
	}
}

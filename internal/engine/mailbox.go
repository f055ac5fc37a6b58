package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/state"
)

// mailbox holds what arrived for deployments from outside and was not committed
// yet: acknowledged routing tables and answers of hooks. It is memory only. After
// a crash the machine asks again, under the same ids.
type mailbox struct {
	mu      sync.Mutex
	routes  map[string]int                  // newest version that every proxy serves, by deployment key
	waits   map[string]int                  // version waited for, by deployment key
	answers map[string][]deploy.HookResult  // by deployment key
	calls   map[string]map[string]*hookCall // running, by deployment key and effect id
}

// hookCall is a call of a hook that runs.
type hookCall struct {
	execution string
	cancel    context.CancelFunc
}

func newMailbox() *mailbox {
	return &mailbox{
		routes: map[string]int{}, waits: map[string]int{},
		answers: map[string][]deploy.HookResult{}, calls: map[string]map[string]*hookCall{},
	}
}

// mail lists what has arrived for a deployment, as events.
func (e *Engine) mail(d *state.Deployment) (out []deploy.Event) {
	b, key, m := e.mailbox, d.Key(), &d.Machine
	b.mu.Lock()
	defer b.mu.Unlock()
	if v := b.routes[key]; v > m.Traffic.Acked {
		out = append(out, deploy.RouteAcked{Version: v})
	}
	for _, a := range b.answers[key] {
		out = append(out, a)
	}
	return out
}

// followUp runs after a round was committed: it forgets mail that is now in the
// record, waits for the proxies, and ends calls of hooks that nobody waits for.
func (e *Engine) followUp(ctx context.Context, service string, d *state.Deployment) {
	b, key, m := e.mailbox, d.Key(), &d.Machine
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answers[key] = slices.DeleteFunc(b.answers[key], func(a deploy.HookResult) bool { return !expected(m, a) })
	for id, c := range b.calls[key] {
		if !slices.ContainsFunc(m.Hooks, func(h deploy.Hook) bool { return h.Execution == c.execution && h.Open() }) {
			c.cancel()
			delete(b.calls[key], id)
		}
	}
	if m.Status.Terminal() {
		delete(b.routes, key)
		delete(b.waits, key)
		delete(b.answers, key)
		delete(b.calls, key)
		return
	}
	if v := m.Traffic.Version; m.Traffic.Acked < v && b.routes[key] < v && b.waits[key] < v {
		b.waits[key] = v
		e.background.Go(func() { e.awaitRoute(ctx, service, key, v) })
	}
}

// expected tells whether the machine still waits for an answer.
func expected(m *deploy.Deployment, a deploy.HookResult) bool {
	return !m.Status.Terminal() && slices.ContainsFunc(m.Hooks, func(h deploy.Hook) bool {
		return h.Execution == a.Execution && h.Call == a.Call && h.Open() && h.NextCall.IsZero()
	})
}

// awaitRoute reports when every proxy serves what was committed, however long
// that takes: without an acknowledgement no stage goes on.
func (e *Engine) awaitRoute(ctx context.Context, service, key string, version int) {
	for e.opts.Balancer != nil {
		err := e.opts.Balancer.WaitApplied(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		e.log.Warn("routing table not acknowledged yet", "deployment", key, "version", version, "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	faultAcked.Hit()
	e.mailbox.mu.Lock()
	e.mailbox.routes[key] = max(e.mailbox.routes[key], version)
	e.mailbox.mu.Unlock()
	faultAckNoted.Hit()
	e.services.add(service)
}

// callHook calls a hook unless that call runs already or was answered while the
// round that asks for it was committed, and posts its answer.
func (e *Engine) callHook(ctx context.Context, service string, d *state.Deployment, x deploy.InvokeHook) {
	b, key := e.mailbox, d.Key()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.calls[key][x.ID] != nil || b.answered(key, &x.Hook) {
		return
	}
	ctx, cancel := context.WithDeadline(ctx, x.Hook.ExpiresAt)
	if b.calls[key] == nil {
		b.calls[key] = map[string]*hookCall{}
	}
	b.calls[key][x.ID] = &hookCall{execution: x.Hook.Execution, cancel: cancel}
	e.background.Go(func() {
		defer cancel()
		faultHook.Hit()
		a := e.ask(ctx, hook.Call{Deployment: d, Invoke: x})
		faultAnswered.Hit()
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.calls[key][x.ID] == nil || ctx.Err() != nil {
			return // nobody waits for it any more, or the server ends and calls again later
		}
		delete(b.calls[key], x.ID)
		b.answers[key] = append(b.answers[key], deploy.HookResult{
			Execution: x.Hook.Execution, Call: x.Hook.Call, Status: a.Status, Delay: a.Delay, Error: a.Error,
			Details: hook.Merge(x.Hook.Details, a.Details),
		})
		faultAnswerNoted.Hit()
		e.services.add(service)
	})
}

func (e *Engine) ask(ctx context.Context, c hook.Call) hook.Answer {
	if e.opts.Hooks == nil {
		return hook.Answer{Error: "ECS was unable to invoke hook target " + c.Invoke.Config.Target + " due to hooks not being available."}
	}
	return e.opts.Hooks.Call(ctx, c)
}

// answered tells whether the present call of a hook has an answer that was not
// committed yet. The caller holds the lock.
func (b *mailbox) answered(deployment string, h *deploy.Hook) bool {
	return slices.ContainsFunc(b.answers[deployment], func(a deploy.HookResult) bool { return a.Execution == h.Execution && a.Call == h.Call })
}

// silent tells whether a hook's call is outstanding that nobody makes: the server
// was restarted since.
func (e *Engine) silent(d *state.Deployment) bool {
	b, key := e.mailbox, d.Key()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range d.Machine.Hooks {
		if h.Type != deploy.Lambda || !h.Open() || h.Call == 0 || !h.NextCall.IsZero() {
			continue
		}
		called := b.answered(key, &h)
		for _, c := range b.calls[key] {
			called = called || c.execution == h.Execution
		}
		if !called {
			return true
		}
	}
	return false
}

package hook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/store"
)

// Functions runs Lambda functions; *function.Functions is one. functionError is
// "" or what AWS puts into X-Amz-Function-Error; err tells that the function did
// not run.
type Functions interface {
	Invoke(ctx context.Context, s arn.Scope, functionARN string, payload []byte) (answer []byte, functionError string, err error)
}

// Options of New; Store is required.
type Options struct {
	Store *store.Store
	// Functions runs the hooks that are Lambda functions; nil fails them.
	Functions Functions
	// Key signs calls of URLs that have no grue:secret, see LoadKey; without it
	// only URLs with a secret of their own are called.
	Key    []byte
	Minute time.Duration // length of a minute, for the pauses between tries; 0 = 60 s
	// HTTP calls URLs; nil = a client of its own. Its CheckRedirect is not used.
	HTTP    *http.Client
	Timeout time.Duration // of one try of a URL; 0 = 30 s
	// Zone tells the availability zone of a subnet, for tasks; nil or "" = the first.
	Zone func(s arn.Scope, subnet string) string
	Log  *slog.Logger
}

// Hooks calls lifecycle hooks. It is a Caller.
type Hooks struct {
	opts   Options
	log    *slog.Logger
	client *http.Client

	unwatch func()
	work    sync.WaitGroup // stops tasks that nobody waits for
}

var _ Caller = (*Hooks)(nil)

// New makes Hooks. Close them before the store.
func New(o Options) *Hooks {
	if o.Minute == 0 {
		o.Minute = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	h := &Hooks{opts: o, log: o.Log, client: client(o.HTTP)}
	h.unwatch = o.Store.Watch(h.committed)
	h.over("") // what an earlier server was stopped in
	return h
}

// Close ends what Hooks does beside calls. It stops no task: those of calls that
// are still waited for are found again by the next server.
func (h *Hooks) Close() {
	h.unwatch()
	h.work.Wait()
}

// client is a copy of the given one that stays with the host it calls.
func client(given *http.Client) *http.Client {
	c := http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	if given != nil {
		c = *given
	}
	c.CheckRedirect = onlyHere
	return &c
}

// Call implements Caller. The kind of the hook follows from its configuration: a
// URL or a task that its hookDetails name, otherwise a Lambda function.
func (h *Hooks) Call(ctx context.Context, c Call) Answer {
	began, name := time.Now(), Name(c.Invoke.Config.Target, c.Invoke.Config.Details)
	a := h.call(ctx, &c, name)
	h.log.Info("lifecycle hook called", "deployment", c.Deployment.ARN(), "stage", c.Invoke.Hook.Stage,
		"target", logName(name), "call", c.Invoke.Hook.Call, "status", a.Status,
		"err", strings.ReplaceAll(a.Error, name, logName(name)), "took", time.Since(began))
	return a
}

func (h *Hooks) call(ctx context.Context, c *Call, name string) Answer {
	t, err := parseTarget(c.Invoke.Config.Details)
	if err != nil {
		return cannotInvoke(name, err.Error())
	}
	event, err := Event(c)
	if err != nil {
		return cannotInvoke(name, err.Error())
	}
	a := Answer{}
	switch {
	case t.url != "":
		a = h.url(ctx, c, name, &t, event)
	case t.task != nil:
		a = h.task(ctx, c, name, t.task, event)
	default:
		return h.lambda(ctx, c, event)
	}
	if a.Status == deploy.HookFailed && a.Error == "" { // hookTargetArn, if any, is not what was called
		a.Error = "Lifecycle hook target " + name + " returned FAILED status."
	}
	return a
}

// tries is how often a call is made that is throttled, refused or answered 5xx.
const tries = 5

// pause waits before try n+1, n from 1: about 1, 2, 4 and 8 seconds of Minute's
// scale. It tells whether ctx still holds.
func (h *Hooks) pause(ctx context.Context, n int) bool {
	timer := time.NewTimer(h.opts.Minute / 60 << (n - 1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// cannotInvoke is the answer for a hook that could not be called.
func cannotInvoke(target, why string) Answer {
	return Answer{Status: deploy.HookFailed, Error: fmt.Sprintf("ECS was unable to invoke hook target %s due to %s", target, why)}
}

// cannotParse is the answer for a hook whose response means nothing.
func cannotParse(target, why string) Answer {
	return Answer{Status: deploy.HookFailed, Error: fmt.Sprintf("ECS was unable to parse the response from %s due to %s", target, why)}
}

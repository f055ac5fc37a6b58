package bus

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/pattern"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
)

// Options of New. Store, Vault, Logs, Invoke, Publish and Queues are required.
type Options struct {
	Store *store.Store
	Vault *secret.Vault // seals what connections know
	Logs  *logs.Store
	// Invoke queues an event for a Lambda function.
	Invoke func(tx *store.Tx, functionARN string, event []byte) error
	// Publish promises a message to an SNS topic.
	Publish func(tx *store.Tx, topicARN, message string) error
	Queues  *queue.Queues // targets, and where events go that cannot be delivered
	// Client calls API destinations; nil = one of its own.
	Client *http.Client
	Minute time.Duration // of schedules; 0 = a minute
	Now    func() time.Time
	Log    *slog.Logger
}

// Router carries events from buses to targets. Use New, then Run once.
type Router struct {
	opts Options
	log  *slog.Logger
	box  *outbox.Box
	wake chan struct{}
	feed feed

	mu       sync.Mutex
	patterns map[string]*pattern.Pattern // by their text
	tokens   map[string]token            // of OAuth connections, by key and change
	paces    map[string]time.Time        // when an API destination may be called again
}

// New returns a router that goes on where an earlier process ended.
func New(o Options) (*Router, error) {
	if o.Minute == 0 {
		o.Minute = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	client := *o.Client
	client.Timeout = callTime
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o.Client = &client
	r := &Router{
		opts: o, log: o.Log, wake: make(chan struct{}, 1),
		patterns: map[string]*pattern.Pattern{}, tokens: map[string]token{}, paces: map[string]time.Time{},
	}
	r.box = outbox.New(outbox.Options{
		Store: o.Store, Table: deliveries, Deliver: r.deliver, Retry: r.retry, GivenUp: r.givenUp, Bury: r.bury, Now: o.Now, Log: o.Log,
	})
	return r, r.feed.open(r)
}

// Lag is what waits for delivery to targets.
func (r *Router) Lag() outbox.Lag { return r.box.Lag() }

// Run carries events until ctx ends.
func (r *Router) Run(ctx context.Context) error {
	stop := r.opts.Store.Watch(func(c store.Commit) {
		if len(c.Events) > 0 {
			r.feed.add(c.Events)
			r.poke()
		}
	})
	defer stop()
	var wg sync.WaitGroup
	defer r.opts.Client.CloseIdleConnections()
	defer wg.Wait()
	wg.Go(func() { _ = r.box.Run(ctx) }) // it never fails
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		err := r.drain(ctx)
		wait, failed := r.runSchedules()
		if err != nil || failed != nil {
			r.log.Error("events not carried to their targets; another try follows", "err", err, "schedules", failed)
			wait = min(wait, retryDrain)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		case <-timer.C:
		}
	}
}

// retryDrain is the pause after the state could not be written.
const retryDrain = time.Second

func (r *Router) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// maxPatterns bounds the parsed patterns that are kept.
const maxPatterns = 1000

// pattern parses the pattern of a rule once; nil matches nothing.
func (r *Router) pattern(text string) *pattern.Pattern {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p, ok := r.patterns[text]; ok {
		return p
	}
	if len(r.patterns) >= maxPatterns {
		clear(r.patterns)
	}
	p, err := pattern.Parse(text, pattern.Events)
	if err != nil { // it was parsed when it was put
		p = nil
	}
	r.patterns[text] = p
	return p
}

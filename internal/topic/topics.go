package topic

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// Options of New. Store, Mail, Endpoint, Invoke and Queues are required.
type Options struct {
	Store *store.Store
	// Mail is the directory of the mailboxes.
	Mail string
	// Endpoint is grue's own URL, for links in messages where the subscriber's
	// client did not tell a better one.
	Endpoint string
	// Invoke queues an event for a Lambda function.
	Invoke func(tx *store.Tx, functionARN string, event []byte) error
	Queues *queue.Queues // take messages, and what cannot be delivered elsewhere
	// Client calls the endpoints; nil = one of its own.
	Client *http.Client
	Now    func() time.Time
	Log    *slog.Logger
}

// Topics of all accounts and regions. Use New, then Run once.
type Topics struct {
	opts Options
	log  *slog.Logger
	box  *outbox.Box
	sign signer
}

// callTime bounds one call of an endpoint: SNS waits 15 seconds for an answer.
const callTime = 15 * time.Second

// New returns the topics of a store, with what an earlier process has yet to
// deliver.
func New(o Options) *Topics {
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
	t := &Topics{opts: o, log: o.Log}
	t.sign.store, t.sign.now = o.Store, o.Now
	t.box = outbox.New(outbox.Options{
		Store: o.Store, Table: deliveries, Deliver: t.deliver, Retry: t.retry, GivenUp: t.givenUp, Bury: t.bury, Now: o.Now, Log: o.Log,
	})
	return t
}

// Lag is what waits for delivery to subscribers.
func (t *Topics) Lag() outbox.Lag { return t.box.Lag() }

// Run delivers until ctx ends.
func (t *Topics) Run(ctx context.Context) error {
	err := t.box.Run(ctx)
	t.opts.Client.CloseIdleConnections()
	return err
}

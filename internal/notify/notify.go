package notify

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Options of New. Store, Vault, Key, Publish and Link are required.
type Options struct {
	Store *store.Store
	Vault *secret.Vault // seals URLs and secrets
	// Key signs generic messages of notifications without a secret of their own.
	Key []byte
	// Publish promises a message to an SNS topic.
	Publish func(tx *store.Tx, topicARN, subject, message string) error
	// Link is the address of the page that decides an approval. to is the
	// notification that carries it.
	Link func(p *approval.Pending, to string) string
	// PublicURL is what links to the dashboard begin with, without a slash at its end.
	PublicURL string
	// Client calls receivers; nil = one of its own. It follows no redirects.
	Client *http.Client
	// Pause is before the second try; it doubles for each later one. 0 = 1 s.
	Pause time.Duration
	Now   func() time.Time
	Log   *slog.Logger
}

// Notifier tells people what deployments do. Use New, then Run once.
type Notifier struct {
	opts Options
	log  *slog.Logger
	box  *outbox.Box
}

// New returns a Notifier that goes on where an earlier process ended.
func New(o Options) *Notifier {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Pause == 0 {
		o.Pause = time.Second
	}
	if o.Client == nil {
		o.Client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o.Client = &client
	n := &Notifier{opts: o, log: o.Log}
	n.box = outbox.New(outbox.Options{
		Store: o.Store, Table: deliveries, Deliver: n.deliver, Retry: n.retry, GivenUp: n.givenUp, Bury: n.bury,
		InOrder: true, MaxLane: maxLane, Now: o.Now, Log: o.Log,
	})
	return n
}

// maxLane is how many messages may wait for one receiver.
const maxLane = 10_000

// Run delivers until ctx ends.
func (n *Notifier) Run(ctx context.Context) error {
	err := n.box.Run(ctx)
	n.opts.Client.CloseIdleConnections()
	return err
}

// Lag is what waits for receivers.
func (n *Notifier) Lag() outbox.Lag { return n.box.Lag() }

// Changed promises the messages about what a deployment becomes. It is called in
// the transaction that writes next; old must be as it was before.
func (n *Notifier) Changed(tx *store.Tx, old, next *state.Deployment) {
	if notifications.Len(tx) == 0 {
		return
	}
	var told []news
	for _, x := range notifications.Prefix(tx, next.Scope.Key("")) {
		if told == nil {
			if told = changes(tx, old, next); len(told) == 0 {
				return
			}
		}
		for _, what := range told {
			if x.wants(what.kind, next.Cluster, next.Service) {
				n.put(tx, x, message(tx, next, what, n.opts.Now()))
			}
		}
	}
}

// put promises a message; one that finds too many waiting is counted as lost.
func (n *Notifier) put(tx *store.Tx, x *Notification, m *Message) {
	if err := n.box.Put(tx, x.key(), &item{Of: x.ID, Message: m}); err != nil {
		n.log.Error("notification not promised", "notification", x.Name, "event", m.Event, "deployment", m.DeploymentARN, "err", err)
		n.note(tx, x, m, err)
	}
}

package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
	"github.com/grue-ecs/grue/internal/wire"
)

// View is a notification as it is shown: without its URL and its secret.
type View struct {
	Name      string    `json:"name"`
	Topic     string    `json:"topic,omitempty"`
	Host      string    `json:"host,omitempty"` // of the URL, which is a credential
	Format    string    `json:"format"`
	Events    []Kind    `json:"events"`
	Services  []string  `json:"services"` // none = all
	Template  string    `json:"template,omitempty"`
	Signed    bool      `json:"signed"` // with a secret of its own
	CreatedAt time.Time `json:"createdAt"`
	// Waiting messages; Error is why the oldest of them, or the last that was given
	// up, did not arrive.
	Waiting     int       `json:"waiting"`
	Tries       int       `json:"tries,omitempty"` // of the oldest that waits
	GivenUp     int       `json:"givenUp"`         // messages that nobody got
	DeliveredAt time.Time `json:"deliveredAt,omitzero"`
	Error       string    `json:"error,omitempty"`
	ErrorAt     time.Time `json:"errorAt,omitzero"`
}

// Routes adds the routes, for callers that guard lets in.
func (n *Notifier) Routes(mux *http.ServeMux, guard func(http.Handler) http.Handler) {
	for pattern, fn := range map[string]func(context.Context, arn.Scope, *http.Request) (any, error){
		"GET /grue/notifications":              n.list,
		"GET /grue/notifications/{name}":       n.get,
		"PUT /grue/notifications/{name}":       n.set,
		"DELETE /grue/notifications/{name}":    n.remove,
		"POST /grue/notifications/{name}/test": n.test,
	} {
		mux.Handle(pattern, guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := wire.CallerFrom(r.Context())
			out, err := fn(r.Context(), arn.Scope{Account: c.Account, Region: c.Region}, r)
			n.reply(w, out, err)
		})))
	}
}

// problem is an answer that is no success.
type problem struct {
	status        int
	code, message string
}

func (p *problem) Error() string { return p.message }

func invalid(err error) error {
	return &problem{http.StatusBadRequest, "ValidationException", err.Error()}
}

func unknown(name string) error {
	return &problem{http.StatusNotFound, "ResourceNotFoundException", fmt.Sprintf("there is no notification %q", clip(name, 64))}
}

func (n *Notifier) reply(w http.ResponseWriter, out any, err error) {
	status := http.StatusOK
	if err != nil {
		var p *problem
		if !errors.As(err, &p) {
			n.log.Error("notifications not changed", "err", err)
			p = &problem{http.StatusInternalServerError, "InternalFailure", "the notification could not be written; the server's log says why"}
		}
		status, out = p.status, map[string]string{"code": p.code, "message": p.message}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out) // to a client that may have gone
}

func (n *Notifier) list(_ context.Context, s arn.Scope, _ *http.Request) (any, error) {
	out := []View{}
	n.opts.Store.View(func(tx *store.Tx) {
		for _, x := range notifications.Prefix(tx, s.Key("")) {
			v := n.view(tx, x)
			v.Template = ""
			out = append(out, v)
		}
	})
	return map[string]any{"notifications": out}, nil
}

func (n *Notifier) get(_ context.Context, s arn.Scope, r *http.Request) (out any, err error) {
	err = unknown(r.PathValue("name"))
	n.opts.Store.View(func(tx *store.Tx) {
		if x, ok := notifications.Get(tx, s.Key(r.PathValue("name"))); ok {
			out, err = n.view(tx, x), nil
		}
	})
	return out, err
}

func (n *Notifier) view(tx *store.Tx, x *Notification) View {
	st := statusOf(tx, x)
	v := View{
		Name: x.Name, Topic: x.Topic, Host: x.Host, Format: x.Format, Events: x.Events, Services: x.Services, Template: x.Template,
		Signed: x.Signed, CreatedAt: x.Created, GivenUp: st.GivenUp, DeliveredAt: st.Delivered, Error: st.Error, ErrorAt: st.ErrorAt,
	}
	if v.Services == nil {
		v.Services = []string{}
	}
	for _, it := range deliveries.All(tx) { // by age
		if it.Lane != x.key() {
			continue
		}
		if v.Waiting++; v.Waiting == 1 && it.Error != "" {
			v.Tries, v.Error, v.ErrorAt = it.Tries, it.Error, it.Due
		}
	}
	return v
}

// set makes or replaces a notification.
func (n *Notifier) set(_ context.Context, s arn.Scope, r *http.Request) (any, error) {
	var in Request
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, invalid(fmt.Errorf("the request is no such JSON object: %w", err))
	}
	name := r.PathValue("name")
	if err := in.check(name); err != nil {
		return nil, invalid(err)
	}
	var out View
	return &out, n.opts.Store.Update(func(tx *store.Tx) error {
		x := &Notification{
			Scope: s, Name: name, ID: store.NewUUID(), Topic: in.Topic, Format: in.Format, Events: in.Events, Services: in.Services,
			Template: in.Template, Signed: in.Secret != "", Created: n.opts.Now().UTC(),
		}
		old, ok := notifications.Get(tx, x.key())
		switch {
		case ok:
			x.ID, x.Created = old.ID, old.Created
		case count(tx, s) >= maxOf:
			return invalid(fmt.Errorf("a region can have at most %d notifications", maxOf))
		}
		if in.Topic != "" {
			if _, err := topic.Find(tx, in.Topic); err != nil {
				return invalid(fmt.Errorf("there is no topic %s", clip(in.Topic, 300)))
			}
		} else {
			x.Host = host(in.URL)
			n.seal(x, target{in.URL, in.Secret})
		}
		notifications.Put(tx, x.key(), x)
		out = n.view(tx, x)
		return nil
	})
}

func count(tx *store.Tx, s arn.Scope) (n int) {
	for range notifications.Prefix(tx, s.Key("")) {
		n++
	}
	return n
}

// remove forgets a notification and what waits for it.
func (n *Notifier) remove(_ context.Context, s arn.Scope, r *http.Request) (any, error) {
	key := s.Key(r.PathValue("name"))
	return map[string]any{}, n.opts.Store.Update(func(tx *store.Tx) error {
		if _, ok := notifications.Get(tx, key); !ok {
			return unknown(r.PathValue("name"))
		}
		notifications.Delete(tx, key)
		statuses.Delete(tx, key)
		return nil
	})
}

// test sends a sample at once, past what waits. ?event= chooses which; without it
// approval.
func (n *Notifier) test(ctx context.Context, s arn.Scope, r *http.Request) (any, error) {
	kind := Kind(r.URL.Query().Get("event"))
	if kind == "" {
		kind = Approval
	}
	var x *Notification
	n.opts.Store.View(func(tx *store.Tx) { x, _ = notifications.Get(tx, s.Key(r.PathValue("name"))) })
	if x == nil {
		return nil, unknown(r.PathValue("name"))
	}
	m := sample(kind, x.Name, n.opts.Now())
	if m.Text == "" {
		return nil, invalid(fmt.Errorf("there is no event %q; there are %s", clip(string(kind), 50), join(Kinds)))
	}
	m.ID, m.Account, m.Region = store.NewUUID(), s.Account, s.Region
	commit, err := n.send(ctx, x, m)
	if err == nil && commit != nil {
		err = n.opts.Store.Update(commit)
	}
	if err != nil {
		return nil, &problem{http.StatusBadGateway, "DeliveryException", "the sample was not delivered: " + err.Error()}
	}
	return map[string]any{"id": m.ID, "event": kind}, nil
}

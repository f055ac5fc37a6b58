package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
)

const (
	callTime = 15 * time.Second // of one try
	patience = 24 * time.Hour   // from the event to the last try
	longest  = 5 * time.Minute  // between two tries
)

// item is what the outbox keeps.
type item struct {
	Of      string // ID of the notification
	Message *Message
}

// load finds the notification of an item; nil = it is gone, and the message with it.
func (n *Notifier) load(it *outbox.Item) (x *Notification, m *Message) {
	var body item
	if err := json.Unmarshal(it.Body, &body); err != nil || body.Message == nil {
		n.log.Error("notification not read", "id", it.ID, "err", err)
		return nil, nil
	}
	n.opts.Store.View(func(tx *store.Tx) { x, _ = notifications.Get(tx, it.Lane) })
	if x == nil || x.ID != body.Of {
		return nil, nil
	}
	return x, body.Message
}

// deliver tries once.
func (n *Notifier) deliver(ctx context.Context, it *outbox.Item) (commit func(*store.Tx) error, err error) {
	x, m := n.load(it)
	if x == nil {
		return nil, nil
	}
	publish, err := n.send(ctx, x, m)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		if publish != nil {
			if err := publish(tx); err != nil {
				return err
			}
		}
		next := statusOf(tx, x)
		next.Delivered = n.opts.Now()
		statuses.Put(tx, x.key(), &next)
		return nil
	}, nil
}

// send posts a message, or returns what publishes it.
func (n *Notifier) send(ctx context.Context, x *Notification, m *Message) (commit func(*store.Tx) error, err error) {
	m.Notification = x.Name
	n.addLinks(m)
	body, err := x.body(m)
	if err != nil {
		return nil, outbox.Final(fmt.Errorf("the body could not be made: %w", err))
	}
	if x.Topic == "" {
		return nil, n.post(ctx, x, m, body)
	}
	return func(tx *store.Tx) error {
		err := n.opts.Publish(tx, x.Topic, clip(m.Title, 100), string(body))
		if errors.Is(err, topic.ErrNoTopic) {
			return outbox.Final(fmt.Errorf("there is no topic %s", x.Topic))
		}
		return err
	}, nil
}

// addLinks completes a message with addresses that need a key or --public-url.
func (n *Notifier) addLinks(m *Message) {
	if m.Approval != nil {
		m.ApproveURL = n.opts.Link(m.Approval, m.Notification)
	}
	m.URL = n.opts.PublicURL + "/ui/deployments/" + url.PathEscape(m.Cluster) + "/" + url.PathEscape(m.Service) + "/" + url.PathEscape(arn.Name(m.DeploymentARN))
}

// post sends a body to a URL. Anything but an answer of 2xx is an error; one of
// the client's side is final.
func (n *Notifier) post(ctx context.Context, x *Notification, m *Message, body []byte) error {
	t, err := n.open(x)
	if err != nil {
		return outbox.Final(err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return outbox.Final(errors.New("the URL is not valid"))
	}
	req.Header.Set("Content-Type", contentType(body))
	req.Header.Set("User-Agent", "grue")
	if x.Format == FormatGeneric || x.Format == FormatText {
		key := n.opts.Key
		if t.Secret != "" {
			if key, err = hook.SecretKey(t.Secret); err != nil {
				return outbox.Final(errors.New("the secret " + err.Error()))
			}
		}
		hook.Sign(req.Header, key, m.ID, n.opts.Now(), body)
	}
	resp, err := n.opts.Client.Do(req)
	if err != nil {
		return hidden(err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	return judge(resp.StatusCode, said)
}

// hidden leaves the URL out of an error: it is a credential.
func hidden(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func judge(status int, said []byte) error {
	if status >= 200 && status < 300 {
		return nil
	}
	err := fmt.Errorf("the receiver answered %d", status)
	if text := strings.Join(strings.Fields(strings.ToValidUTF8(string(said), "")), " "); text != "" {
		err = fmt.Errorf("the receiver answered %d: %s", status, clip(text, 200))
	}
	if status >= 300 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout {
		return outbox.Final(err)
	}
	return err
}

// retry tells when a message is due again: after 1, 2, 4 … times Pause, at most
// five minutes, for a day.
func (n *Notifier) retry(it *outbox.Item) (wait time.Duration, ok bool) {
	return min(n.opts.Pause<<min(it.Tries-1, 10), longest), n.opts.Now().Sub(it.Created) < patience
}

// bury remembers that nobody got a message, in the transaction that forgets it.
func (n *Notifier) bury(it *outbox.Item, err error) func(*store.Tx) error {
	x, m := n.load(it)
	if x == nil {
		return nil
	}
	return func(tx *store.Tx) error {
		n.note(tx, x, m, err)
		return nil
	}
}

// note counts a message that nobody gets.
func (n *Notifier) note(tx *store.Tx, x *Notification, m *Message, err error) {
	next := statusOf(tx, x)
	next.GivenUp++
	next.Error, next.ErrorAt, next.ErrorOf = err.Error(), n.opts.Now(), m.Title
	statuses.Put(tx, x.key(), &next)
}

func (n *Notifier) givenUp(it *outbox.Item, err error) {
	if x, m := n.load(it); x != nil {
		n.log.Error("notification not delivered", "notification", x.Name, "event", m.Event, "deployment", m.DeploymentARN,
			"message", m.ID, "tries", it.Tries, "err", err)
	}
}

func statusOf(tx *store.Tx, x *Notification) status {
	if s, ok := statuses.Get(tx, x.key()); ok {
		return *s
	}
	return status{}
}

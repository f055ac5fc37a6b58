package topic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/store"
)

// load finds what an item of the outbox is about. ok is false when the topic or
// the subscription is gone, and the message with it.
func (t *Topics) load(it *outbox.Item) (of *Topic, sub *Subscription, m *message, ok bool) {
	m = &message{}
	if err := json.Unmarshal(it.Body, m); err != nil {
		t.log.Error("message not read", "id", it.ID, "err", err)
		return nil, nil, nil, false
	}
	t.opts.Store.View(func(tx *store.Tx) {
		if sub, ok = subscriptions.Get(tx, m.Subscription); ok {
			of, ok = topics.Get(tx, sub.Key(sub.Topic))
		}
	})
	return of, sub, m, ok
}

// deliver tries once.
func (t *Topics) deliver(ctx context.Context, it *outbox.Item) (commit func(*store.Tx) error, err error) {
	of, sub, m, ok := t.load(it)
	if !ok {
		return nil, nil
	}
	e, err := t.wrap(of, sub, m)
	if err != nil {
		return nil, err
	}
	switch sub.Protocol {
	case "lambda":
		event, err := e.lambdaEvent(sub.ARN())
		if err != nil {
			return nil, outbox.Final(err)
		}
		return func(tx *store.Tx) error { return t.invoke(tx, sub.Endpoint, event) }, nil
	case "sqs":
		return t.enqueueTo(sub, m, e)
	case "email", "email-json":
		return nil, t.mail(of, sub, e)
	}
	return nil, t.post(ctx, of, sub, e)
}

// invoke hands an event to the queue of a function. One that does not exist will
// not be tried again.
func (t *Topics) invoke(tx *store.Tx, functionARN string, event []byte) error {
	err := t.opts.Invoke(tx, functionARN, event)
	if errors.Is(err, function.ErrNotFound) {
		return outbox.Final(fmt.Errorf("there is no function %s", functionARN))
	}
	return err
}

// givenUp says what nobody will get.
func (t *Topics) givenUp(it *outbox.Item, err error) {
	_, sub, m, ok := t.load(it)
	if !ok {
		return
	}
	t.log.Error("message not delivered", "subscription", sub.ARN(), "endpoint", sub.Endpoint,
		"type", m.Kind, "message", m.ID, "tries", it.Tries, "err", err)
}

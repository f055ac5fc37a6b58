package topic

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// enqueueTo sends a message to an SQS queue, raw or in its envelope. A queue that
// does not exist, or refuses the message, will not be tried again.
func (t *Topics) enqueueTo(sub *Subscription, m *message, e *envelope) (func(*store.Tx) error, error) {
	out, err := letter(sub, m, e)
	if err != nil {
		return nil, outbox.Final(err)
	}
	return func(tx *store.Tx) error {
		if err := t.opts.Queues.SendTo(tx, sub.Endpoint, out); err != nil {
			return outbox.Final(err)
		}
		return nil
	}, nil
}

// sender is who messages of topics come from.
const sender = "sns.amazonaws.com"

// letter is a message for a queue: raw, with its attributes, or the envelope.
func letter(sub *Subscription, m *message, e *envelope) (*queue.Outgoing, error) {
	if !sub.Raw() || m.Kind != notification {
		doc, err := e.body()
		return &queue.Outgoing{Body: string(doc), Sender: sender}, err
	}
	out := &queue.Outgoing{Body: m.Body, Sender: sender, Attributes: map[string]queue.Attribute{}}
	for name, a := range m.Attributes {
		v := queue.Attribute{Type: a.Type, Text: a.Value}
		if a.base() == "Binary" {
			bytes, err := base64.StdEncoding.DecodeString(a.Value)
			if err != nil {
				return nil, fmt.Errorf("the message attribute %s is not base64: %w", name, err)
			}
			v = queue.Attribute{Type: a.Type, Bytes: bytes}
		}
		out.Attributes[name] = v
	}
	return out, nil
}

// deadLetters reads a RedrivePolicy of a subscription: the ARN of the queue that
// gets what cannot be delivered.
func deadLetters(doc string) (queueARN string, err error) {
	var p struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if json.Unmarshal([]byte(doc), &p) != nil || p.Target == "" {
		return "", Invalid("RedrivePolicy Reason: it is a JSON object with deadLetterTargetArn, the ARN of an SQS queue")
	}
	_, name, ok := queue.ParseARN(p.Target)
	if !ok {
		return "", Invalid("RedrivePolicy Reason: deadLetterTargetArn is an invalid ARN: " + quoted(p.Target))
	}
	if strings.HasSuffix(name, ".fifo") {
		return "", Invalid("RedrivePolicy Reason: the dead-letter queue of a subscription to a standard topic is a standard queue")
	}
	return p.Target, nil
}

// bury keeps a message that is given up in the dead-letter queue of its
// subscription. It is nil where there is none.
func (t *Topics) bury(it *outbox.Item, why error) func(*store.Tx) error {
	of, sub, m, ok := t.load(it)
	if !ok || m.Kind != notification || sub.Attributes["RedrivePolicy"] == "" {
		return nil
	}
	target, err := deadLetters(sub.Attributes["RedrivePolicy"]) // read when it was set
	if err != nil {
		return nil
	}
	e, err := t.wrap(of, sub, m)
	if err == nil {
		var out *queue.Outgoing
		if out, err = letter(sub, m, e); err == nil {
			return func(tx *store.Tx) error { return t.opts.Queues.SendTo(tx, target, explained(out, m, why)) }
		}
	}
	t.log.Error("message not kept in a dead-letter queue", "subscription", sub.ARN(), "message", m.ID, "err", err)
	return nil
}

// explained adds why a message is in a dead-letter queue, as far as a queue's
// limit of ten attributes allows.
func explained(out *queue.Outgoing, m *message, why error) *queue.Outgoing {
	next := *out
	next.Attributes = map[string]queue.Attribute{}
	for name, a := range out.Attributes {
		next.Attributes[name] = a
	}
	code := "ServerError" // tried until the delivery policy ended it
	if outbox.IsFinal(why) {
		code = "ClientError"
	}
	for _, x := range []struct{ name, value string }{{"RequestID", m.ID}, {"ErrorCode", code}, {"ErrorMessage", queue.Clean(why.Error())}} {
		if len(next.Attributes) < 10 {
			next.Attributes[x.name] = queue.Attribute{Type: "String", Text: x.value}
		}
	}
	return &next
}

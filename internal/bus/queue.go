package bus

import (
	"strconv"

	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// sender is who messages of rules come from.
const sender = "events.amazonaws.com"

// enqueue sends a call to the SQS queue that is its target. A queue that does not
// exist, or refuses the message, will not be tried again.
func (r *Router) enqueue(tx *store.Tx, c *call) error {
	err := r.opts.Queues.SendTo(tx, c.ARN, &queue.Outgoing{Body: string(c.Payload), Group: c.Group, Sender: sender})
	if err != nil {
		return final{err}
	}
	return nil
}

// keepDead keeps the event of a call that is given up in the dead-letter queue of
// its target, with the attributes that AWS adds.
func (r *Router) keepDead(tx *store.Tx, c *call, why error, tries int) {
	if c.Dead == "" {
		return
	}
	code, condition := "SDK_CLIENT_ERROR", ""
	if !isFinal(why) && !outbox.IsFinal(why) {
		code, condition = "INTERNAL_ERROR", "MaximumRetryAttempts"
	}
	m := &queue.Outgoing{Body: string(c.Whole), Sender: sender, Attributes: map[string]queue.Attribute{}}
	for name, value := range map[string]string{
		"RULE_ARN": c.RuleARN, "TARGET_ARN": c.ARN, "ERROR_CODE": code, "ERROR_MESSAGE": queue.Clean(why.Error()), "EXHAUSTED_RETRY_CONDITION": condition,
	} {
		if value != "" {
			m.Attributes[name] = queue.Attribute{Type: "String", Text: value}
		}
	}
	m.Attributes["RETRY_ATTEMPTS"] = queue.Attribute{Type: "Number", Text: strconv.Itoa(max(tries-1, 0))}
	if err := r.opts.Queues.SendTo(tx, c.Dead, m); err != nil {
		r.log.Error("event not kept in the dead-letter queue", "rule", c.RuleARN, "queue", c.Dead, "event", c.Event, "err", err)
	}
}

// bury keeps the event of an item of the outbox that is given up.
func (r *Router) bury(it *outbox.Item, why error) func(*store.Tx) error {
	c, _, _, ok := r.load(it)
	if !ok || c.Dead == "" {
		return nil
	}
	return func(tx *store.Tx) error {
		r.keepDead(tx, c, why, it.Tries)
		return nil
	}
}

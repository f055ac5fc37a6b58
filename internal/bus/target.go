package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/store"
)

var deliveries = store.NewTable[outbox.Item]("events.delivery")

// final marks what no further try can mend.
type final struct{ error }

func isFinal(err error) bool {
	var f final
	return errors.As(err, &f)
}

// handOver gives a call to a function, a topic or a queue. done is false for other
// targets.
func (r *Router) handOver(tx *store.Tx, c *call) (done bool, err error) {
	switch kindOf(c.ARN) {
	case "lambda":
		err = r.opts.Invoke(tx, c.ARN, c.Payload)
		if errors.Is(err, function.ErrNotFound) || errors.Is(err, function.ErrTooLarge) {
			err = final{err}
		}
		return true, err
	case "sns":
		if err = r.opts.Publish(tx, c.ARN, string(c.Payload)); err != nil {
			err = final{err}
		}
		return true, err
	}
	if kindOf(c.ARN) == "sqs" {
		return true, r.enqueue(tx, c)
	}
	return false, nil
}

// promise keeps a call in the outbox, in the lane of its target.
func (r *Router) promise(tx *store.Tx, c *call) error {
	err := r.box.Put(tx, c.ARN, c)
	if errors.Is(err, outbox.ErrFull) {
		r.log.Error("event not delivered: too many wait for the target", "rule", c.RuleARN, "target", c.ARN, "event", c.Event)
		r.keepDead(tx, c, err, 0)
		return nil
	}
	return err
}

// load reads a call and its target; ok is false when the rule or the target is
// gone.
func (r *Router) load(it *outbox.Item) (c *call, rule *Rule, t *types.Target, ok bool) {
	c = &call{}
	if err := json.Unmarshal(it.Body, c); err != nil {
		r.log.Error("call not read", "id", it.ID, "err", err)
		return nil, nil, nil, false
	}
	r.opts.Store.View(func(tx *store.Tx) { rule, ok = rules.Get(tx, c.Rule) })
	if !ok {
		return nil, nil, nil, false
	}
	t, ok = rule.Target(c.Target)
	return c, rule, t, ok && aws.ToString(t.Arn) == c.ARN
}

// deliver tries a call once.
func (r *Router) deliver(ctx context.Context, it *outbox.Item) (func(*store.Tx) error, error) {
	c, rule, t, ok := r.load(it)
	if !ok {
		return nil, nil
	}
	var err error
	switch kindOf(c.ARN) {
	case "logs":
		err = r.write(rule, c)
	case "destination":
		err = r.callDestination(ctx, t, c)
	default:
		return func(tx *store.Tx) error {
			_, err := r.handOver(tx, c)
			return lasting(err)
		}, nil
	}
	return nil, lasting(err)
}

// lasting translates final errors for the outbox.
func lasting(err error) error {
	if isFinal(err) {
		return outbox.Final(err)
	}
	return err
}

// Defaults and bounds of a RetryPolicy.
const (
	maxAttempts = 185
	maxAge      = 24 * time.Hour
)

// retry tells when a call that failed is due again: after a second, then twice as
// long each time, up to ten minutes.
func (r *Router) retry(it *outbox.Item) (time.Duration, bool) {
	_, _, t, ok := r.load(it)
	if !ok {
		return 0, false
	}
	attempts, age := maxAttempts, maxAge
	if p := t.RetryPolicy; p != nil {
		if p.MaximumRetryAttempts != nil {
			attempts = int(*p.MaximumRetryAttempts)
		}
		if p.MaximumEventAgeInSeconds != nil {
			age = time.Duration(*p.MaximumEventAgeInSeconds) * time.Second
		}
	}
	wait := min(time.Second<<min(it.Tries-1, 10), 10*time.Minute)
	return wait, it.Tries <= attempts && r.opts.Now().Add(wait).Sub(it.Created) < age
}

// givenUp says what a target will not get.
func (r *Router) givenUp(it *outbox.Item, err error) {
	if c, _, _, ok := r.load(it); ok {
		r.log.Error("event not delivered", "rule", c.RuleARN, "target", c.ARN, "event", c.Event, "tries", it.Tries, "err", err)
	}
}

// write appends an event to a log group, in a stream named after the rule.
func (r *Router) write(rule *Rule, c *call) error {
	a, _ := arn.Parse(c.ARN)
	s := arn.Scope{Account: a.Account, Region: a.Region}
	group := strings.TrimSuffix(strings.TrimPrefix(a.Resource, "log-group:"), ":*")
	line := []logs.Input{{Time: r.opts.Now().UnixMilli(), Message: string(c.Payload)}}
	_, err := r.opts.Logs.Put(s, group, rule.Name, line)
	if errors.Is(err, logs.ErrNoStream) {
		if err = r.opts.Logs.CreateStream(s, group, rule.Name); err == nil || errors.Is(err, logs.ErrStreamExists) {
			_, err = r.opts.Logs.Put(s, group, rule.Name, line)
		}
	}
	var refused logs.BatchError
	if errors.Is(err, logs.ErrNoGroup) || errors.As(err, &refused) {
		return final{fmt.Errorf("log group %s: %w", group, err)}
	}
	return err
}

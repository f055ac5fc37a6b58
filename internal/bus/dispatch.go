package bus

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// call is one event on its way to one target.
type call struct {
	Rule    string // key
	RuleARN string
	Target  string // id
	ARN     string // of the target
	Event   string // id
	Payload []byte
	Group   string `json:",omitempty"` // MessageGroupId for a FIFO queue
	Dead    string `json:",omitempty"` // ARN of the dead-letter queue
	Whole   []byte `json:",omitempty"` // the event, for that queue
}

// maxHops bounds how often an event goes from bus to bus.
const maxHops = 5

// match finds the targets of an event.
func (r *Router) match(tx *store.Tx, e *Event, hops int) (out []*call) {
	for _, rule := range rules.Prefix(tx, e.Key(e.Bus, "")) {
		if !rule.Enabled() || rule.Pattern == "" || e.seq != 0 && e.seq <= rule.Since {
			continue
		}
		p := r.pattern(rule.Pattern)
		if p == nil || !p.Matches(e.Tree()) {
			continue
		}
		out = append(out, r.calls(tx, rule, e, hops)...)
	}
	return out
}

// calls are what a rule that matched asks for.
func (r *Router) calls(tx *store.Tx, rule *Rule, e *Event, hops int) (out []*call) {
	id := eventID(e)
	for i := range rule.Targets {
		t := &rule.Targets[i].V
		if s, bus, ok := busTarget(aws.ToString(t.Arn)); ok {
			if hops < maxHops {
				out = append(out, r.match(tx, e.on(s, bus), hops+1)...)
			} else {
				r.log.Warn("event not sent on: it went from bus to bus too often", "rule", rule.ARN(), "event", id)
			}
			continue
		}
		payload, err := input(t, rule, e, r.opts.Now())
		if err != nil {
			r.log.Error("input of a target not made", "rule", rule.ARN(), "target", aws.ToString(t.Id), "event", id, "err", err)
			continue
		}
		c := &call{
			Rule: rule.key(), RuleARN: rule.ARN(), Target: aws.ToString(t.Id), ARN: aws.ToString(t.Arn), Event: id, Payload: payload,
		}
		if t.SqsParameters != nil {
			c.Group = aws.ToString(t.SqsParameters.MessageGroupId)
		}
		if t.DeadLetterConfig != nil && aws.ToString(t.DeadLetterConfig.Arn) != "" {
			c.Dead, c.Whole = *t.DeadLetterConfig.Arn, e.doc
		}
		out = append(out, c)
	}
	return out
}

func eventID(e *Event) string {
	m, _ := e.Tree().(map[string]any)
	id, _ := m["id"].(string)
	return id
}

// busTarget reads the ARN of a bus that is a target.
func busTarget(text string) (s arn.Scope, name string, ok bool) {
	a, ok := arn.Parse(text)
	if !ok || a.Service != "events" {
		return s, "", false
	}
	name, ok = strings.CutPrefix(a.Resource, "event-bus/")
	return arn.Scope{Account: a.Account, Region: a.Region}, name, ok
}

// hand gives calls to functions, topics and queues, and promises the others. What cannot
// take one now, but may later, is promised too.
func (r *Router) hand(tx *store.Tx, calls []*call) error {
	for _, c := range calls {
		done, err := r.handOver(tx, c)
		switch {
		case err != nil && isFinal(err):
			r.log.Error("event not delivered", "rule", c.RuleARN, "target", c.ARN, "event", c.Event, "err", err)
			r.keepDead(tx, c, err, 1)
		case err != nil || !done:
			if err := r.promise(tx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// PutEvents sends events through their buses: when it returns nil inside of a
// transaction, the events are delivered if that commits.
func (r *Router) PutEvents(tx *store.Tx, events []*Event) error {
	var calls []*call
	for _, e := range events {
		calls = append(calls, r.match(tx, e, 0)...)
	}
	return r.hand(tx, calls)
}

// TargetKind tells what an ARN of a target is: "lambda", "sns", "sqs", "logs",
// "destination", "bus", or "" when grue cannot deliver there.
func TargetKind(t *types.Target) string { return kindOf(aws.ToString(t.Arn)) }

func kindOf(text string) string {
	a, ok := arn.Parse(text)
	if !ok {
		return ""
	}
	resource, rest, _ := strings.Cut(a.Resource, "/")
	switch {
	case a.Service == "lambda" && strings.HasPrefix(a.Resource, "function:"):
		return "lambda"
	case a.Service == "sns" && !strings.Contains(a.Resource, ":"):
		return "sns"
	case a.Service == "sqs":
		if _, _, ok := queue.ParseARN(text); ok {
			return "sqs"
		}
	case a.Service == "logs" && strings.HasPrefix(a.Resource, "log-group:"):
		return "logs"
	case a.Service == "events" && resource == "event-bus" && rest != "":
		return "bus"
	case a.Service == "events" && resource == "api-destination" && rest != "":
		return "destination"
	}
	return ""
}

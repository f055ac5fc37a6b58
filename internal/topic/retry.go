package topic

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/outbox"
)

// retryPolicy is AWS's healthyRetryPolicy: four phases of tries after the first.
//
//	numNoDelayRetries │ numMinDelayRetries │ the rest, growing │ numMaxDelayRetries
//	at once           │ minDelayTarget     │ by the function   │ maxDelayTarget
type retryPolicy struct {
	NumRetries         int    `json:"numRetries"`
	NumNoDelayRetries  int    `json:"numNoDelayRetries"`
	MinDelayTarget     int    `json:"minDelayTarget"` // seconds
	MaxDelayTarget     int    `json:"maxDelayTarget"` // seconds
	NumMinDelayRetries int    `json:"numMinDelayRetries"`
	NumMaxDelayRetries int    `json:"numMaxDelayRetries"`
	BackoffFunction    string `json:"backoffFunction"` // linear, arithmetic, geometric or exponential
}

// deliveryPolicy of a subscription; that of a topic has it under "http".
type deliveryPolicy struct {
	HealthyRetryPolicy *retryPolicy   `json:"healthyRetryPolicy,omitempty"`
	RequestPolicy      *requestPolicy `json:"requestPolicy,omitempty"`
	ThrottlePolicy     map[string]any `json:"throttlePolicy,omitempty"` // recorded
	// final tells that a topic's policy counts more than that of a subscription.
	final bool
}

type requestPolicy struct {
	HeaderContentType string `json:"headerContentType"`
}

// defaultRetries: 3 at once, 2 a second apart, 10 growing, 35 every 20 seconds.
var defaultRetries = retryPolicy{
	NumRetries: 50, NumNoDelayRetries: 3, MinDelayTarget: 1, MaxDelayTarget: 20,
	NumMinDelayRetries: 2, NumMaxDelayRetries: 35, BackoffFunction: "exponential",
}

// parsePolicy reads a DeliveryPolicy. What it leaves out is as AWS has it: no
// phases, 20 seconds, linear.
func parsePolicy(text string, ofTopic bool) (*deliveryPolicy, error) {
	p := &deliveryPolicy{}
	var err error
	if ofTopic {
		var doc struct {
			HTTP struct {
				DefaultHealthyRetryPolicy    *retryPolicy   `json:"defaultHealthyRetryPolicy"`
				DisableSubscriptionOverrides bool           `json:"disableSubscriptionOverrides"`
				DefaultThrottlePolicy        map[string]any `json:"defaultThrottlePolicy"`
				DefaultRequestPolicy         *requestPolicy `json:"defaultRequestPolicy"`
			} `json:"http"`
		}
		err = strict(text, &doc)
		p.HealthyRetryPolicy, p.RequestPolicy = doc.HTTP.DefaultHealthyRetryPolicy, doc.HTTP.DefaultRequestPolicy
		p.final = doc.HTTP.DisableSubscriptionOverrides
	} else {
		err = strict(text, p)
	}
	if err != nil {
		return nil, Invalid("DeliveryPolicy: " + err.Error())
	}
	if r := p.HealthyRetryPolicy; r != nil {
		if err := r.complete(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func strict(text string, into any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// complete fills in defaults and checks AWS's bounds.
func (r *retryPolicy) complete() error {
	if r.MinDelayTarget == 0 {
		r.MinDelayTarget = min(20, max(r.MaxDelayTarget, 1))
	}
	if r.MaxDelayTarget == 0 {
		r.MaxDelayTarget = max(20, r.MinDelayTarget)
	}
	if r.BackoffFunction == "" {
		r.BackoffFunction = "linear"
	}
	switch {
	case r.NumRetries < 0 || r.NumRetries > 100:
		return Invalid("DeliveryPolicy: numRetries must be between 0 and 100")
	case r.MinDelayTarget < 1 || r.MinDelayTarget > r.MaxDelayTarget || r.MaxDelayTarget > 3600:
		return Invalid("DeliveryPolicy: delays are 1 to 3600 seconds, and minDelayTarget is not above maxDelayTarget")
	case r.NumNoDelayRetries < 0 || r.NumMinDelayRetries < 0 || r.NumMaxDelayRetries < 0 ||
		r.NumNoDelayRetries+r.NumMinDelayRetries+r.NumMaxDelayRetries > r.NumRetries:
		return Invalid("DeliveryPolicy: the retries of the phases are more than numRetries")
	case !strings.Contains(" linear arithmetic geometric exponential ", " "+r.BackoffFunction+" "):
		return Invalid("DeliveryPolicy: backoffFunction is linear, arithmetic, geometric or exponential")
	}
	return nil
}

// delay before a retry, counted from 1; ok is false after the last.
func (r *retryPolicy) delay(n int) (wait time.Duration, ok bool) {
	if n > r.NumRetries {
		return 0, false
	}
	low, high := float64(r.MinDelayTarget), float64(r.MaxDelayTarget)
	growing := r.NumRetries - r.NumNoDelayRetries - r.NumMinDelayRetries - r.NumMaxDelayRetries
	at := n - r.NumNoDelayRetries
	switch {
	case at <= 0:
		return 0, true
	case at <= r.NumMinDelayRetries:
		return seconds(low), true
	case at > r.NumMinDelayRetries+growing:
		return seconds(high), true
	}
	share := float64(at-r.NumMinDelayRetries) / float64(growing) // of the way from low to high
	switch r.BackoffFunction {
	case "arithmetic":
		share *= share
	case "geometric", "exponential":
		return seconds(low * math.Pow(high/low, share)), true
	}
	return seconds(low + (high-low)*share), true
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// policyOf is the delivery policy that counts for a subscription: member by
// member its own, else that of the topic, else AWS's.
func policyOf(of *Topic, sub *Subscription) *deliveryPolicy {
	own, common := stored(sub.Attributes["DeliveryPolicy"], false), stored(of.Attributes["DeliveryPolicy"], true)
	if common.final {
		own, common = common, own
	}
	out := *own
	if out.HealthyRetryPolicy == nil {
		out.HealthyRetryPolicy = common.HealthyRetryPolicy
	}
	if out.RequestPolicy == nil {
		out.RequestPolicy = common.RequestPolicy
	}
	if out.HealthyRetryPolicy == nil {
		r := defaultRetries
		out.HealthyRetryPolicy = &r
	}
	return &out
}

// stored parses a policy that was parsed when it was set.
func stored(doc string, ofTopic bool) *deliveryPolicy {
	if doc != "" {
		if p, err := parsePolicy(doc, ofTopic); err == nil {
			return p
		}
	}
	return &deliveryPolicy{}
}

func (p *deliveryPolicy) contentType() string {
	if p.RequestPolicy != nil && p.RequestPolicy.HeaderContentType != "" {
		return p.RequestPolicy.HeaderContentType
	}
	return "text/plain; charset=UTF-8"
}

// EffectivePolicy is what GetSubscriptionAttributes shows.
func EffectivePolicy(of *Topic, sub *Subscription) string {
	doc, _ := json.Marshal(policyOf(of, sub)) // numbers and strings
	return string(doc)
}

// EffectiveTopicPolicy is what GetTopicAttributes shows.
func EffectiveTopicPolicy(of *Topic) string {
	p := policyOf(of, &Subscription{})
	http := map[string]any{"defaultHealthyRetryPolicy": p.HealthyRetryPolicy, "disableSubscriptionOverrides": p.final}
	if p.RequestPolicy != nil {
		http["defaultRequestPolicy"] = p.RequestPolicy
	}
	doc, _ := json.Marshal(map[string]any{"http": http}) // numbers and strings
	return string(doc)
}

// patience is how long grue tries what is its own: functions and mailboxes.
const patience = 24 * time.Hour

// retry tells when a message that failed is due again.
func (t *Topics) retry(it *outbox.Item) (wait time.Duration, ok bool) {
	of, sub, _, ok := t.load(it)
	if !ok {
		return 0, false
	}
	if strings.HasPrefix(sub.Protocol, "http") {
		return policyOf(of, sub).HealthyRetryPolicy.delay(it.Tries)
	}
	return min(time.Second<<min(it.Tries-1, 5), 20*time.Second), t.opts.Now().Sub(it.Created) < patience
}

package topic

import (
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/store"
)

// Topic is a standard topic.
type Topic struct {
	arn.Scope
	Name       string
	Attributes map[string]string // those that were set
	Tags       map[string]string
	Created    time.Time
}

// Subscription of a topic.
type Subscription struct {
	arn.Scope
	Topic, ID          string
	Protocol, Endpoint string
	Attributes         map[string]string // those that were set
	Created            time.Time

	Confirmed bool
	Token     string // confirms it
	// Authenticated tells that a signed request confirmed it; only a signed one
	// ends it when Guarded is set, too.
	Authenticated, Guarded bool
	Base                   string // URL by which the subscriber's client reached grue
}

// Topics by account/region/name, subscriptions by account/region/topic/id.
var (
	topics        = store.NewTable[Topic]("sns.topic")
	subscriptions = store.NewTable[Subscription]("sns.subscription")
	deliveries    = store.NewTable[outbox.Item]("sns.delivery")
)

// ARN of a topic.
func ARN(s arn.Scope, name string) string { return arn.Make("sns", s.Region, s.Account, name) }

// ARN of the topic.
func (t *Topic) ARN() string { return ARN(t.Scope, t.Name) }

func (t *Topic) key() string { return t.Key(t.Name) }

// ARN of the subscription.
func (s *Subscription) ARN() string { return s.TopicARN() + ":" + s.ID }

// TopicARN is the ARN of the topic that is subscribed to.
func (s *Subscription) TopicARN() string { return ARN(s.Scope, s.Topic) }

func (s *Subscription) key() string { return s.Key(s.Topic, s.ID) }

// Raw tells that the subscriber wants the message without an envelope.
func (s *Subscription) Raw() bool { return s.Attributes["RawMessageDelivery"] == "true" }

// parseTopic reads the ARN of a topic.
func parseTopic(text string) (s arn.Scope, name string, ok bool) {
	a, ok := arn.Parse(text)
	if !ok || a.Service != "sns" || strings.ContainsAny(a.Resource, ":/") {
		return s, "", false
	}
	return arn.Scope{Account: a.Account, Region: a.Region}, a.Resource, true
}

// parseSubscription reads the ARN of a subscription.
func parseSubscription(text string) (key string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return "", false
	}
	s, name, ok := parseTopic(text[:i])
	return s.Key(name, text[i+1:]), ok && text[i+1:] != "" && !strings.Contains(text[i+1:], "/")
}

// Find returns a topic, which must not be changed.
func Find(tx *store.Tx, topicARN string) (*Topic, error) {
	s, name, ok := parseTopic(topicARN)
	if !ok {
		return nil, Invalid("TopicArn Reason: " + quoted(topicARN) + " is not the ARN of a topic")
	}
	t, ok := topics.Get(tx, s.Key(name))
	if !ok {
		return nil, ErrNoTopic
	}
	return t, nil
}

// FindSubscription returns a subscription, which must not be changed.
func FindSubscription(tx *store.Tx, subscriptionARN string) (*Subscription, error) {
	key, ok := parseSubscription(subscriptionARN)
	if !ok {
		return nil, Invalid("SubscriptionArn Reason: " + quoted(subscriptionARN) + " is not the ARN of a subscription")
	}
	s, ok := subscriptions.Get(tx, key)
	if !ok {
		return nil, ErrNoSubscription
	}
	return s, nil
}

// All lists the topics of a scope by name.
func All(tx *store.Tx, s arn.Scope) (out []*Topic) {
	for _, t := range topics.Prefix(tx, s.Key("")) {
		out = append(out, t)
	}
	return out
}

// Subscriptions lists those of a topic, or with no name of all topics of a scope.
func Subscriptions(tx *store.Tx, s arn.Scope, name string) (out []*Subscription) {
	prefix := s.Key("")
	if name != "" {
		prefix = s.Key(name, "")
	}
	for _, sub := range subscriptions.Prefix(tx, prefix) {
		out = append(out, sub)
	}
	return out
}

package topic

import (
	"maps"
	"net/mail"
	"net/url"
	"regexp"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// topicName is AWS's rule, without FIFO topics.
var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// Create makes a topic, or returns the one that is there: attributes and tags, if
// some are given, must then be those that it has.
func (t *Topics) Create(tx *store.Tx, s arn.Scope, name string, attributes, tags map[string]string) (*Topic, error) {
	if strings.HasSuffix(name, ".fifo") || attributes["FifoTopic"] == "true" {
		return nil, Invalid("Topic Name Reason: grue has no FIFO topics, so leave out the suffix .fifo and the attribute FifoTopic")
	}
	if !topicName.MatchString(name) {
		return nil, Invalid("Topic Name Reason: a name has 1 to 256 letters, digits, '-' and '_'")
	}
	next := &Topic{Scope: s, Name: name, Attributes: map[string]string{}, Tags: map[string]string{}, Created: t.opts.Now()}
	for attr, value := range attributes {
		if err := setTopic(next, attr, value); err != nil {
			return nil, err
		}
	}
	maps.Copy(next.Tags, tags)
	if old, ok := topics.Get(tx, next.key()); ok {
		if !within(next.Attributes, old.Attributes) {
			return nil, ErrOtherTopic
		}
		if len(tags) > 0 && !maps.Equal(tags, old.Tags) {
			return nil, ErrOtherTags
		}
		return old, nil
	}
	topics.Put(tx, next.key(), next)
	return next, nil
}

// within tells whether all that is asked for is there.
func within(asked, there map[string]string) bool {
	for k, v := range asked {
		if there[k] != v {
			return false
		}
	}
	return true
}

// Delete removes a topic with its subscriptions; a topic that is not there is no
// error, as in AWS.
func (t *Topics) Delete(tx *store.Tx, topicARN string) error {
	s, name, ok := parseTopic(topicARN)
	if !ok {
		return Invalid("TopicArn Reason: " + quoted(topicARN) + " is not the ARN of a topic")
	}
	topics.Delete(tx, s.Key(name))
	for key := range subscriptions.Prefix(tx, s.Key(name, "")) {
		subscriptions.Delete(tx, key)
	}
	return nil
}

// Change replaces a topic by what fn makes of a copy.
func (t *Topics) Change(tx *store.Tx, topicARN string, fn func(*Topic) error) error {
	old, err := Find(tx, topicARN)
	if err != nil {
		return err
	}
	next := *old
	next.Attributes, next.Tags = maps.Clone(old.Attributes), maps.Clone(old.Tags)
	if next.Attributes == nil {
		next.Attributes = map[string]string{}
	}
	if next.Tags == nil {
		next.Tags = map[string]string{}
	}
	if err := fn(&next); err != nil {
		return err
	}
	topics.Put(tx, next.key(), &next)
	return nil
}

// Protocols are those that subscriptions can have here.
const Protocols = "http, https, email, email-json, lambda and sqs"

// Subscribe makes a subscription, or returns the one that is there. base is the
// URL by which the client reached grue.
func (t *Topics) Subscribe(tx *store.Tx, topicARN, protocol, endpoint, base string, attributes map[string]string) (*Subscription, error) {
	if err := checkEndpoint(protocol, endpoint); err != nil {
		return nil, err
	}
	of, err := Find(tx, topicARN)
	if err != nil {
		return nil, err
	}
	next := &Subscription{
		Scope: of.Scope, Topic: of.Name, ID: store.NewUUID(), Protocol: protocol, Endpoint: endpoint, Base: base,
		Attributes: map[string]string{}, Created: t.opts.Now(), Token: arn.NewHex(192),
	}
	if err := setAll(next, attributes); err != nil {
		return nil, err
	}
	for _, old := range subscriptions.Prefix(tx, of.Key(of.Name, "")) {
		if old.Protocol != protocol || old.Endpoint != endpoint {
			continue
		}
		if !within(next.Attributes, old.Attributes) {
			return nil, Invalid("Attributes Reason: Subscription already exists with different attributes")
		}
		if !old.Confirmed {
			return old, t.askToConfirm(tx, old)
		}
		return old, nil
	}
	next.Confirmed = !strings.HasPrefix(protocol, "http")
	next.Authenticated = next.Confirmed
	subscriptions.Put(tx, next.key(), next)
	if next.Confirmed {
		return next, nil
	}
	return next, t.askToConfirm(tx, next)
}

// ChangeSubscription replaces a subscription by what fn makes of a copy.
func (t *Topics) ChangeSubscription(tx *store.Tx, subscriptionARN string, fn func(*Subscription) error) error {
	old, err := FindSubscription(tx, subscriptionARN)
	if err != nil {
		return err
	}
	next := *old
	next.Attributes = maps.Clone(old.Attributes)
	if next.Attributes == nil {
		next.Attributes = map[string]string{}
	}
	if err := fn(&next); err != nil {
		return err
	}
	subscriptions.Put(tx, next.key(), &next)
	return nil
}

// checkEndpoint refuses protocols that grue does not have and endpoints that are
// not of the protocol.
func checkEndpoint(protocol, endpoint string) error {
	bad := Invalid("Endpoint Reason: " + quoted(endpoint) + " is no endpoint for the protocol " + protocol)
	switch protocol {
	case "http", "https":
		u, err := url.Parse(endpoint)
		if err != nil || u.Scheme != protocol || u.Host == "" {
			return Invalid("Endpoint Reason: Endpoint must match the specified protocol: give a URL that begins with " + protocol + "://")
		}
	case "email", "email-json":
		a, err := mail.ParseAddress(endpoint)
		if err != nil || a.Address != endpoint || len(endpoint) > 250 || strings.ContainsAny(endpoint, "/\\\x00") || endpoint[0] == '.' {
			return bad
		}
	case "lambda":
		if a, ok := arn.Parse(endpoint); !ok || a.Service != "lambda" || !strings.HasPrefix(a.Resource, "function:") {
			return Invalid("Endpoint Reason: " + quoted(endpoint) + " is not the ARN of a Lambda function")
		}
	case "sqs":
		_, name, ok := queue.ParseARN(endpoint)
		if !ok {
			return Invalid("Endpoint Reason: " + quoted(endpoint) + " is not the ARN of an SQS queue")
		}
		if strings.HasSuffix(name, ".fifo") {
			return Invalid("Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
		}
	case "sms", "application", "firehose":
		return Invalid("Protocol Reason: grue does not deliver to " + protocol + "; the protocols that work are " + Protocols)
	default:
		return Invalid("Does not support this protocol string: " + quoted(protocol) + "; the protocols that work are " + Protocols)
	}
	return nil
}

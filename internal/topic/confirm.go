package topic

import (
	"crypto/subtle"
	"errors"
	"net/url"
	"strings"

	"github.com/grue-ecs/grue/internal/store"
)

// Confirm lets a subscription receive messages: the subscriber shows the token
// that was sent to it. Asked again, it answers the same.
func (t *Topics) Confirm(tx *store.Tx, topicARN, token string, authenticated, guarded bool) (*Subscription, error) {
	of, err := Find(tx, topicARN)
	if err != nil {
		return nil, err
	}
	for _, sub := range subscriptions.Prefix(tx, of.Key(of.Name, "")) {
		if subtle.ConstantTimeCompare([]byte(sub.Token), []byte(token)) != 1 {
			continue
		}
		if sub.Confirmed {
			return sub, nil
		}
		next := *sub
		next.Confirmed, next.Authenticated, next.Guarded = true, authenticated, guarded
		subscriptions.Put(tx, next.key(), &next)
		return &next, nil
	}
	return nil, Invalid("Token Reason: the token belongs to no subscription of the topic")
}

// Unsubscribe ends a subscription; one that is not there is no error, as in AWS.
func (t *Topics) Unsubscribe(tx *store.Tx, subscriptionARN string, authenticated bool) error {
	sub, err := FindSubscription(tx, subscriptionARN)
	if errors.Is(err, ErrNoSubscription) {
		return nil
	}
	if err != nil {
		return err
	}
	if !authenticated && sub.Guarded {
		return ErrGuarded
	}
	subscriptions.Delete(tx, sub.key())
	return nil
}

// askToConfirm sends the token to an HTTP endpoint.
func (t *Topics) askToConfirm(tx *store.Tx, sub *Subscription) error {
	return t.enqueue(tx, sub, &message{
		Kind: confirmation, ID: store.NewUUID(), At: t.opts.Now(),
		Body: "You have chosen to subscribe to the topic " + sub.TopicARN() + ".\n" +
			"To confirm the subscription, visit the SubscribeURL included in this message.",
	})
}

// version of the query protocol, which links must name: they carry no signature
// that would tell the service.
const version = "2010-03-31"

func (t *Topics) base(sub *Subscription) string {
	if sub.Base != "" {
		return strings.TrimRight(sub.Base, "/")
	}
	return strings.TrimRight(t.opts.Endpoint, "/")
}

func (t *Topics) subscribeURL(sub *Subscription) string {
	return t.base(sub) + "/?" + link("ConfirmSubscription", "TopicArn", sub.TopicARN(), "Token", sub.Token)
}

func (t *Topics) unsubscribeURL(sub *Subscription) string {
	return t.base(sub) + "/?" + link("Unsubscribe", "SubscriptionArn", sub.ARN())
}

// link is a query in the order in which AWS writes it.
func link(action string, pairs ...string) string {
	out := "Action=" + action
	for i := 0; i < len(pairs); i += 2 {
		out += "&" + pairs[i] + "=" + url.QueryEscape(pairs[i+1])
	}
	return out + "&Version=" + version
}

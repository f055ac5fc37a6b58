package sns

import (
	"context"
	"maps"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
	"github.com/grue-ecs/grue/internal/wire"
)

// Subscribe makes a subscription. An HTTP endpoint is asked to confirm it.
func (s *Service) Subscribe(ctx context.Context, in *sns.SubscribeInput) (*sns.SubscribeOutput, error) {
	base := wire.CallerFrom(ctx).Endpoint
	out := &sns.SubscribeOutput{SubscriptionArn: aws.String("pending confirmation")}
	err := s.update(func(tx *store.Tx) error {
		sub, err := s.topics.Subscribe(tx, aws.ToString(in.TopicArn), aws.ToString(in.Protocol), aws.ToString(in.Endpoint), base, in.Attributes)
		if err == nil && (sub.Confirmed || in.ReturnSubscriptionArn) {
			out.SubscriptionArn = aws.String(sub.ARN())
		}
		return err
	})
	return out, err
}

// ConfirmSubscription is what a SubscribeURL does.
func (s *Service) ConfirmSubscription(ctx context.Context, in *sns.ConfirmSubscriptionInput) (*sns.ConfirmSubscriptionOutput, error) {
	guarded := aws.ToString(in.AuthenticateOnUnsubscribe) == "true"
	if guarded && !signed(ctx) {
		return nil, invalid("Invalid parameter: AuthenticateOnUnsubscribe Reason: it needs a signed request")
	}
	out := &sns.ConfirmSubscriptionOutput{}
	err := s.update(func(tx *store.Tx) error {
		sub, err := s.topics.Confirm(tx, aws.ToString(in.TopicArn), aws.ToString(in.Token), signed(ctx), guarded)
		if err == nil {
			out.SubscriptionArn = aws.String(sub.ARN())
		}
		return err
	})
	return out, err
}

// Unsubscribe ends a subscription; also what an UnsubscribeURL does.
func (s *Service) Unsubscribe(ctx context.Context, in *sns.UnsubscribeInput) (*sns.UnsubscribeOutput, error) {
	return &sns.UnsubscribeOutput{}, s.update(func(tx *store.Tx) error {
		return s.topics.Unsubscribe(tx, aws.ToString(in.SubscriptionArn), signed(ctx))
	})
}

// ListSubscriptions lists those of all topics.
func (s *Service) ListSubscriptions(ctx context.Context, in *sns.ListSubscriptionsInput) (*sns.ListSubscriptionsOutput, error) {
	var all []*topic.Subscription
	s.store.View(func(tx *store.Tx) { all = topic.Subscriptions(tx, scopeOf(ctx), "") })
	page, next, err := subscriptionPage(all, in.NextToken)
	return &sns.ListSubscriptionsOutput{Subscriptions: page, NextToken: next}, err
}

// ListSubscriptionsByTopic lists those of one topic.
func (s *Service) ListSubscriptionsByTopic(_ context.Context, in *sns.ListSubscriptionsByTopicInput) (*sns.ListSubscriptionsByTopicOutput, error) {
	var all []*topic.Subscription
	err := s.view(func(tx *store.Tx) error {
		t, err := topic.Find(tx, aws.ToString(in.TopicArn))
		if err == nil {
			all = topic.Subscriptions(tx, t.Scope, t.Name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	page, next, err := subscriptionPage(all, in.NextToken)
	return &sns.ListSubscriptionsByTopicOutput{Subscriptions: page, NextToken: next}, err
}

func subscriptionPage(all []*topic.Subscription, token *string) ([]types.Subscription, *string, error) {
	key := func(s *topic.Subscription) string { return s.Topic + "/" + s.ID } // the order of the store
	page, next, err := wire.PageBy(all, key, token, 0, pageSize, pageSize)
	if err != nil {
		return nil, nil, wire.Recode(err, "InvalidParameter")
	}
	out := []types.Subscription{}
	for _, sub := range page {
		v := types.Subscription{
			SubscriptionArn: aws.String("PendingConfirmation"), TopicArn: aws.String(sub.TopicARN()), Owner: aws.String(sub.Account),
			Protocol: aws.String(sub.Protocol), Endpoint: aws.String(sub.Endpoint),
		}
		if sub.Confirmed {
			v.SubscriptionArn = aws.String(sub.ARN())
		}
		out = append(out, v)
	}
	return out, next, nil
}

// GetSubscriptionAttributes shows what was set, and what follows from it.
func (s *Service) GetSubscriptionAttributes(_ context.Context, in *sns.GetSubscriptionAttributesInput) (*sns.GetSubscriptionAttributesOutput, error) {
	out := &sns.GetSubscriptionAttributesOutput{}
	err := s.view(func(tx *store.Tx) error {
		sub, err := topic.FindSubscription(tx, aws.ToString(in.SubscriptionArn))
		if err != nil {
			return err
		}
		t, err := topic.Find(tx, sub.TopicARN())
		if err != nil {
			return err
		}
		out.Attributes = subscriptionAttributes(t, sub)
		return nil
	})
	return out, err
}

func subscriptionAttributes(t *topic.Topic, sub *topic.Subscription) map[string]string {
	a := map[string]string{
		"SubscriptionArn": sub.ARN(), "TopicArn": sub.TopicARN(), "Owner": sub.Account, "Protocol": sub.Protocol, "Endpoint": sub.Endpoint,
		"ConfirmationWasAuthenticated": strconv.FormatBool(sub.Authenticated), "PendingConfirmation": strconv.FormatBool(!sub.Confirmed),
		"RawMessageDelivery": "false", "SubscriptionPrincipal": "arn:aws:iam::" + sub.Account + ":root",
	}
	if sub.Protocol == "http" || sub.Protocol == "https" {
		a["EffectiveDeliveryPolicy"] = topic.EffectivePolicy(t, sub)
	}
	if sub.Attributes["FilterPolicy"] != "" {
		a["FilterPolicyScope"] = "MessageAttributes"
	}
	maps.Copy(a, sub.Attributes)
	return a
}

// SetSubscriptionAttributes sets one attribute; an empty value removes it.
func (s *Service) SetSubscriptionAttributes(_ context.Context, in *sns.SetSubscriptionAttributesInput) (*sns.SetSubscriptionAttributesOutput, error) {
	return &sns.SetSubscriptionAttributesOutput{}, s.update(func(tx *store.Tx) error {
		return s.topics.ChangeSubscription(tx, aws.ToString(in.SubscriptionArn), func(sub *topic.Subscription) error {
			return topic.SetSubscriptionAttribute(sub, aws.ToString(in.AttributeName), aws.ToString(in.AttributeValue))
		})
	})
}

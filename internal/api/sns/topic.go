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

// CreateTopic makes a topic; the same request again returns the same topic.
func (s *Service) CreateTopic(ctx context.Context, in *sns.CreateTopicInput) (*sns.CreateTopicOutput, error) {
	tags, err := tagMap(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.DataProtectionPolicy) != "" {
		return nil, invalid("Invalid parameter: DataProtectionPolicy Reason: grue does not look into messages")
	}
	out := &sns.CreateTopicOutput{}
	err = s.update(func(tx *store.Tx) error {
		t, err := s.topics.Create(tx, scopeOf(ctx), aws.ToString(in.Name), in.Attributes, tags)
		if err == nil {
			out.TopicArn = aws.String(t.ARN())
		}
		return err
	})
	return out, err
}

// DeleteTopic removes a topic with its subscriptions.
func (s *Service) DeleteTopic(_ context.Context, in *sns.DeleteTopicInput) (*sns.DeleteTopicOutput, error) {
	return &sns.DeleteTopicOutput{}, s.update(func(tx *store.Tx) error {
		return s.topics.Delete(tx, aws.ToString(in.TopicArn))
	})
}

// pageSize of all lists, as in AWS.
const pageSize = 100

// ListTopics lists topics by name.
func (s *Service) ListTopics(ctx context.Context, in *sns.ListTopicsInput) (*sns.ListTopicsOutput, error) {
	var all []*topic.Topic
	s.store.View(func(tx *store.Tx) { all = topic.All(tx, scopeOf(ctx)) })
	page, next, err := wire.PageBy(all, func(t *topic.Topic) string { return t.Name }, in.NextToken, 0, pageSize, pageSize)
	if err != nil {
		return nil, wire.Recode(err, "InvalidParameter")
	}
	out := &sns.ListTopicsOutput{NextToken: next, Topics: []types.Topic{}}
	for _, t := range page {
		out.Topics = append(out.Topics, types.Topic{TopicArn: aws.String(t.ARN())})
	}
	return out, nil
}

// GetTopicAttributes shows what was set, and what follows from it.
func (s *Service) GetTopicAttributes(_ context.Context, in *sns.GetTopicAttributesInput) (*sns.GetTopicAttributesOutput, error) {
	out := &sns.GetTopicAttributesOutput{}
	err := s.view(func(tx *store.Tx) error {
		t, err := topic.Find(tx, aws.ToString(in.TopicArn))
		if err != nil {
			return err
		}
		out.Attributes = topicAttributes(tx, t)
		return nil
	})
	return out, err
}

func topicAttributes(tx *store.Tx, t *topic.Topic) map[string]string {
	var confirmed, pending int
	for _, sub := range topic.Subscriptions(tx, t.Scope, t.Name) {
		if sub.Confirmed {
			confirmed++
		} else {
			pending++
		}
	}
	a := map[string]string{
		"TopicArn": t.ARN(), "Owner": t.Account, "DisplayName": "", "Policy": defaultPolicy(t),
		"EffectiveDeliveryPolicy": topic.EffectiveTopicPolicy(t), "SubscriptionsConfirmed": strconv.Itoa(confirmed),
		"SubscriptionsPending": strconv.Itoa(pending), "SubscriptionsDeleted": "0",
	}
	maps.Copy(a, t.Attributes)
	return a
}

// SetTopicAttributes sets one attribute; an empty value removes it.
func (s *Service) SetTopicAttributes(_ context.Context, in *sns.SetTopicAttributesInput) (*sns.SetTopicAttributesOutput, error) {
	return &sns.SetTopicAttributesOutput{}, s.update(func(tx *store.Tx) error {
		return s.topics.Change(tx, aws.ToString(in.TopicArn), func(t *topic.Topic) error {
			return topic.SetAttribute(t, aws.ToString(in.AttributeName), aws.ToString(in.AttributeValue))
		})
	})
}

package sns

import (
	"context"
	"encoding/base64"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
)

// Publish promises a message to the subscriptions of a topic.
func (s *Service) Publish(_ context.Context, in *sns.PublishInput) (*sns.PublishOutput, error) {
	if in.PhoneNumber != nil {
		return nil, invalid("Invalid parameter: PhoneNumber Reason: grue sends no SMS; give a TopicArn")
	}
	target := aws.ToString(in.TopicArn)
	if target == "" {
		target = aws.ToString(in.TargetArn)
	}
	if target == "" {
		return nil, invalid("Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter")
	}
	if in.MessageGroupId != nil || in.MessageDeduplicationId != nil {
		return nil, invalid("Invalid parameter: MessageGroupId and MessageDeduplicationId Reason: they are for FIFO topics, which grue does not have")
	}
	m, err := messageOf(in.Subject, in.Message, in.MessageStructure, in.MessageAttributes)
	if err != nil {
		return nil, worded(err)
	}
	out := &sns.PublishOutput{}
	err = s.update(func(tx *store.Tx) error {
		id, err := s.topics.Publish(tx, target, m)
		out.MessageId = &id
		return err
	})
	return out, err
}

func messageOf(subject, body, structure *string, attributes map[string]types.MessageAttributeValue) (*topic.Message, error) {
	m := &topic.Message{Subject: aws.ToString(subject), Body: aws.ToString(body)}
	switch aws.ToString(structure) {
	case "":
	case "json":
		var err error
		if m.Body, m.Bodies, err = topic.Structured(m.Body); err != nil {
			return nil, err
		}
	default:
		return nil, topic.Invalid("MessageStructure Reason: it is json, or left out")
	}
	if len(attributes) > 0 {
		m.Attributes = map[string]topic.Attribute{}
	}
	for name, v := range attributes {
		a := topic.Attribute{Type: aws.ToString(v.DataType), Value: aws.ToString(v.StringValue)}
		if v.BinaryValue != nil {
			a.Value = base64.StdEncoding.EncodeToString(v.BinaryValue)
		}
		m.Attributes[name] = a
	}
	return m, nil
}

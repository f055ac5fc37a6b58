package sqs

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// SendMessage keeps a message; it is on disk before the answer.
func (s *Service) SendMessage(ctx context.Context, in *SendMessageInput) (*sqs.SendMessageOutput, error) {
	m, err := outgoing(ctx, &SendMessageBatchRequestEntry{
		MessageBody: in.MessageBody, DelaySeconds: in.DelaySeconds, MessageAttributes: in.MessageAttributes,
		MessageSystemAttributes: in.MessageSystemAttributes, MessageGroupId: in.MessageGroupId, MessageDeduplicationId: in.MessageDeduplicationId,
	})
	if err != nil {
		return nil, worded(err)
	}
	var sent queue.Sent
	err = s.update(ctx, in.QueueUrl, func(tx *store.Tx, q *queue.Queue) (err error) {
		sent, err = s.queues.Send(tx, q, m)
		return err
	})
	return &sqs.SendMessageOutput{
		MessageId: &sent.ID, SequenceNumber: text(sent.Sequence), MD5OfMessageBody: text(queue.Digest(m.Body)),
		MD5OfMessageAttributes: text(queue.AttributesDigest(m.Attributes)), MD5OfMessageSystemAttributes: text(traceDigest(m.Trace)),
	}, err
}

// text is a member of an answer; "" is left out.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

const traceHeader = "AWSTraceHeader"

// traceDigest is the digest of the only system attribute that senders set.
func traceDigest(trace string) string {
	if trace == "" {
		return ""
	}
	return queue.AttributesDigest(map[string]queue.Attribute{traceHeader: {Type: "String", Text: trace}})
}

// outgoing reads a message that a client sends.
func outgoing(ctx context.Context, in *SendMessageBatchRequestEntry) (*queue.Outgoing, error) {
	c := wire.CallerFrom(ctx)
	m := &queue.Outgoing{
		Body: aws.ToString(in.MessageBody), Sender: c.UserID, Delay: in.DelaySeconds,
		Group: aws.ToString(in.MessageGroupId), Dedup: aws.ToString(in.MessageDeduplicationId),
	}
	if m.Sender == "" {
		m.Sender = c.Account
	}
	if in.MessageGroupId != nil && m.Group == "" {
		return nil, invalid("Value for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	}
	for name, a := range in.MessageAttributes {
		v, err := attributeOf(name, types.MessageAttributeValue(a))
		if err != nil {
			return nil, err
		}
		if m.Attributes == nil {
			m.Attributes = map[string]queue.Attribute{}
		}
		m.Attributes[name] = v
	}
	for name, a := range in.MessageSystemAttributes {
		if name != traceHeader || aws.ToString(a.DataType) != "String" || aws.ToString(a.StringValue) == "" {
			return nil, invalid("Message system attribute name '%s' is invalid, or its value is: AWSTraceHeader is the only one, and a String.", clip(name))
		}
		m.Trace = *a.StringValue
	}
	return m, nil
}

func clip(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 200)], "")
}

// attributeOf reads an attribute of a message. Lists are reserved, in AWS too.
func attributeOf(name string, a types.MessageAttributeValue) (queue.Attribute, error) {
	if len(a.StringListValues) > 0 || len(a.BinaryListValues) > 0 {
		return queue.Attribute{}, wire.Errorf(own+"UnsupportedOperation", "Message attribute list values in SendMessage operation are not supported: attribute '%s'.", clip(name))
	}
	return queue.Attribute{Type: aws.ToString(a.DataType), Text: aws.ToString(a.StringValue), Bytes: a.BinaryValue}, nil
}

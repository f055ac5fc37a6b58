package sqs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/wire"
)

// ReceiveMessage takes messages that are visible. With a WaitTimeSeconds it waits
// for the first one, and ends at once when one arrives.
func (s *Service) ReceiveMessage(ctx context.Context, in *ReceiveMessageInput) (*sqs.ReceiveMessageOutput, error) {
	ask, err := askOf(in)
	if err != nil {
		return nil, err
	}
	for _, name := range append(slices.Clone(in.AttributeNames), in.MessageSystemAttributeNames...) {
		if name != "All" && !slices.Contains(types.MessageSystemAttributeName("").Values(), types.MessageSystemAttributeName(name)) && !queue.KnownAttribute(name) {
			return nil, wire.Errorf(own+"InvalidAttributeName", "Unknown Attribute %s.", clip(name))
		}
	}
	scope, name, err := locate(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	got, err := s.queues.Receive(ctx, scope, name, ask)
	if err != nil {
		return nil, worded(err)
	}
	out := &sqs.ReceiveMessageOutput{}
	for _, r := range got {
		out.Messages = append(out.Messages, messageOf(in, r))
	}
	return out, nil
}

func askOf(in *ReceiveMessageInput) (queue.Ask, error) {
	a := queue.Ask{Max: 1, Attempt: aws.ToString(in.ReceiveRequestAttemptId)}
	if n := in.MaxNumberOfMessages; n != nil {
		if a.Max = int(*n); a.Max < 1 || a.Max > 10 {
			return a, invalid("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.", *n)
		}
	}
	if n := in.VisibilityTimeout; n != nil {
		if *n < 0 || *n > 43200 {
			return a, invalid("Value %d for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.", *n)
		}
		a.Visibility = aws.Duration(time.Duration(*n) * time.Second)
	}
	if n := in.WaitTimeSeconds; n != nil {
		if *n < 0 || *n > 20 {
			return a, invalid("Value %d for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", *n)
		}
		a.Wait = aws.Duration(time.Duration(*n) * time.Second)
	}
	return a, nil
}

// messageOf shapes a message, with the attributes that are asked for.
func messageOf(in *ReceiveMessageInput, r *queue.Received) types.Message {
	m := types.Message{
		MessageId: &r.ID, ReceiptHandle: &r.Handle, Body: &r.Body, MD5OfBody: aws.String(queue.Digest(r.Body)),
	}
	asked := append(slices.Clone(in.AttributeNames), in.MessageSystemAttributeNames...)
	for name, v := range systemAttributes(r) {
		if v != "" && (slices.Contains(asked, name) || slices.Contains(asked, "All")) {
			if m.Attributes == nil {
				m.Attributes = map[string]string{}
			}
			m.Attributes[name] = v
		}
	}
	shown := map[string]queue.Attribute{}
	for name, a := range r.Attributes {
		if slices.ContainsFunc(in.MessageAttributeNames, func(p string) bool { return matches(p, name) }) {
			shown[name] = a
		}
	}
	m.MD5OfMessageAttributes = text(queue.AttributesDigest(shown))
	for name, a := range shown {
		if m.MessageAttributes == nil {
			m.MessageAttributes = map[string]types.MessageAttributeValue{}
		}
		m.MessageAttributes[name] = types.MessageAttributeValue{DataType: &a.Type, StringValue: text(a.Text), BinaryValue: a.Bytes}
	}
	return m
}

// matches tells whether a name is asked for: itself, All, or by how it begins.
func matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, ".*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == "All" || pattern == name
}

func systemAttributes(r *queue.Received) map[string]string {
	return map[string]string{
		"SenderId":                         r.Sender,
		"SentTimestamp":                    millis(r.Sent),
		"ApproximateReceiveCount":          strconv.Itoa(r.Receives),
		"ApproximateFirstReceiveTimestamp": millis(r.First),
		"SequenceNumber":                   r.Sequence,
		"MessageDeduplicationId":           r.Dedup,
		"MessageGroupId":                   r.Group,
		traceHeader:                        r.Trace,
		"DeadLetterQueueSourceArn":         r.Source,
	}
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

package sqs

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// SetQueueAttributes changes attributes, all or none.
func (s *Service) SetQueueAttributes(ctx context.Context, in *sqs.SetQueueAttributesInput) (*sqs.SetQueueAttributesOutput, error) {
	if len(in.Attributes) == 0 {
		return nil, missing("Attribute.Name")
	}
	return &sqs.SetQueueAttributesOutput{}, s.update(ctx, in.QueueUrl, func(tx *store.Tx, q *queue.Queue) error {
		return s.queues.SetAttributes(tx, q.Scope, q.Name, in.Attributes)
	})
}

// GetQueueAttributes shows the attributes that are asked for.
func (s *Service) GetQueueAttributes(ctx context.Context, in *sqs.GetQueueAttributesInput) (*sqs.GetQueueAttributesOutput, error) {
	for _, name := range in.AttributeNames {
		if !queue.KnownAttribute(string(name)) {
			return nil, wire.Errorf(own+"InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	out := &sqs.GetQueueAttributesOutput{}
	err := s.view(ctx, in.QueueUrl, func(_ *store.Tx, q *queue.Queue) error {
		counts := s.queues.Counts(q)
		for _, name := range in.AttributeNames {
			if name == types.QueueAttributeNameAll {
				out.Attributes = map[string]string{}
				for _, each := range name.Values() {
					show(out.Attributes, q, counts, string(each))
				}
				return nil
			}
			if out.Attributes == nil {
				out.Attributes = map[string]string{}
			}
			show(out.Attributes, q, counts, string(name))
		}
		return nil
	})
	return out, err
}

// show adds an attribute, if the queue has it.
func show(to map[string]string, q *queue.Queue, c queue.Counts, name string) {
	var v string
	switch name {
	case "QueueArn":
		v = q.ARN()
	case "ApproximateNumberOfMessages":
		v = strconv.Itoa(c.Visible)
	case "ApproximateNumberOfMessagesNotVisible":
		v = strconv.Itoa(c.InFlight)
	case "ApproximateNumberOfMessagesDelayed":
		v = strconv.Itoa(c.Delayed)
	case "CreatedTimestamp":
		v = unix(q.Created)
	case "LastModifiedTimestamp":
		v = unix(q.Modified)
	default:
		v = q.Attribute(name)
	}
	if v != "" {
		to[name] = v
	}
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

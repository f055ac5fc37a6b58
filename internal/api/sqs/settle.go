package sqs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// DeleteMessage deletes the message of a receipt handle.
func (s *Service) DeleteMessage(ctx context.Context, in *sqs.DeleteMessageInput) (*sqs.DeleteMessageOutput, error) {
	return &sqs.DeleteMessageOutput{}, s.update(ctx, in.QueueUrl, func(tx *store.Tx, q *queue.Queue) error {
		return s.queues.Remove(tx, q, aws.ToString(in.ReceiptHandle))
	})
}

// ChangeMessageVisibility changes for how long a message in flight stays so.
func (s *Service) ChangeMessageVisibility(ctx context.Context, in *ChangeMessageVisibilityInput) (*sqs.ChangeMessageVisibilityOutput, error) {
	if in.VisibilityTimeout == nil {
		return nil, missing("VisibilityTimeout")
	}
	return &sqs.ChangeMessageVisibilityOutput{}, s.update(ctx, in.QueueUrl, func(tx *store.Tx, q *queue.Queue) error {
		return s.queues.ChangeVisibility(tx, q, aws.ToString(in.ReceiptHandle), int(*in.VisibilityTimeout))
	})
}

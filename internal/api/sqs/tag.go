package sqs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// TagQueue adds tags to a queue.
func (s *Service) TagQueue(ctx context.Context, in *sqs.TagQueueInput) (*sqs.TagQueueOutput, error) {
	if len(in.Tags) == 0 {
		return nil, missing("Tags")
	}
	return &sqs.TagQueueOutput{}, s.update(ctx, in.QueueUrl, func(tx *store.Tx, q *queue.Queue) error {
		return s.queues.Tag(tx, q.Scope, q.Name, in.Tags, nil)
	})
}

// UntagQueue removes tags from a queue.
func (s *Service) UntagQueue(ctx context.Context, in *sqs.UntagQueueInput) (*sqs.UntagQueueOutput, error) {
	if len(in.TagKeys) == 0 {
		return nil, missing("TagKeys")
	}
	return &sqs.UntagQueueOutput{}, s.update(ctx, in.QueueUrl, func(tx *store.Tx, q *queue.Queue) error {
		return s.queues.Tag(tx, q.Scope, q.Name, nil, in.TagKeys)
	})
}

// ListQueueTags lists the tags of a queue.
func (s *Service) ListQueueTags(ctx context.Context, in *sqs.ListQueueTagsInput) (*sqs.ListQueueTagsOutput, error) {
	out := &sqs.ListQueueTagsOutput{}
	return out, s.view(ctx, in.QueueUrl, func(_ *store.Tx, q *queue.Queue) error {
		if len(q.Tags) > 0 {
			out.Tags = q.Tags
		}
		return nil
	})
}

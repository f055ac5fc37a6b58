package sqs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// CreateQueue makes a queue; the same request again returns the same queue.
func (s *Service) CreateQueue(ctx context.Context, in *sqs.CreateQueueInput) (*sqs.CreateQueueOutput, error) {
	out := &sqs.CreateQueueOutput{}
	err := s.queues.Update(func(tx *store.Tx) error {
		q, err := s.queues.Create(tx, scopeOf(ctx), aws.ToString(in.QueueName), in.Attributes, in.Tags)
		if err == nil {
			out.QueueUrl = urlOf(ctx, q)
		}
		return err
	})
	return out, worded(err)
}

// GetQueueUrl finds a queue by its name.
//
//nolint:revive // the name is AWS's
func (s *Service) GetQueueUrl(ctx context.Context, in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
	if aws.ToString(in.QueueName) == "" {
		return nil, missing("QueueName")
	}
	scope := scopeOf(ctx)
	if owner := aws.ToString(in.QueueOwnerAWSAccountId); owner != "" {
		scope.Account = owner
	}
	out := &sqs.GetQueueUrlOutput{}
	err := s.queues.View(func(tx *store.Tx) error {
		q, err := queue.Find(tx, scope, *in.QueueName)
		if err == nil {
			out.QueueUrl = urlOf(ctx, q)
		}
		return err
	})
	return out, worded(err)
}

// maxPage is the largest page of lists, and the default, as in AWS.
const maxPage = 1000

// ListQueues lists queues by name.
func (s *Service) ListQueues(ctx context.Context, in *sqs.ListQueuesInput) (*sqs.ListQueuesOutput, error) {
	var all []*queue.Queue
	_ = s.queues.View(func(tx *store.Tx) error {
		all = queue.All(tx, scopeOf(ctx), aws.ToString(in.QueueNamePrefix))
		return nil
	})
	urls, next, err := page(ctx, all, in.MaxResults, in.NextToken)
	return &sqs.ListQueuesOutput{QueueUrls: urls, NextToken: next}, err
}

// ListDeadLetterSourceQueues lists the queues whose dead-letter queue this is.
func (s *Service) ListDeadLetterSourceQueues(ctx context.Context, in *sqs.ListDeadLetterSourceQueuesInput) (*sqs.ListDeadLetterSourceQueuesOutput, error) {
	var all []*queue.Queue
	if err := s.view(ctx, in.QueueUrl, func(tx *store.Tx, q *queue.Queue) error {
		all = queue.Sources(tx, q.Scope, q.ARN())
		return nil
	}); err != nil {
		return nil, err
	}
	urls, next, err := page(ctx, all, in.MaxResults, in.NextToken)
	if urls == nil {
		urls = []string{}
	}
	return &sqs.ListDeadLetterSourceQueuesOutput{QueueUrls: urls, NextToken: next}, err
}

// page cuts URLs out of a list of queues, which is in order of their names.
func page(ctx context.Context, all []*queue.Queue, limit *int32, token *string) (urls []string, next *string, err error) {
	n := maxPage
	if limit != nil {
		if n = int(*limit); n < 1 || n > maxPage {
			return nil, nil, invalid("Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.")
		}
	}
	some, next, err := wire.PageBy(all, func(q *queue.Queue) string { return q.Name }, token, n, n, maxPage)
	if err != nil {
		return nil, nil, invalid("Invalid or expired next token.")
	}
	for _, q := range some {
		urls = append(urls, *urlOf(ctx, q))
	}
	return urls, next, nil
}

// DeleteQueue removes a queue with its messages.
func (s *Service) DeleteQueue(ctx context.Context, in *sqs.DeleteQueueInput) (*sqs.DeleteQueueOutput, error) {
	return &sqs.DeleteQueueOutput{}, s.update(ctx, in.QueueUrl, func(tx *store.Tx, q *queue.Queue) error {
		return s.queues.Delete(tx, q.Scope, q.Name)
	})
}

// PurgeQueue removes the messages of a queue.
func (s *Service) PurgeQueue(ctx context.Context, in *sqs.PurgeQueueInput) (*sqs.PurgeQueueOutput, error) {
	return &sqs.PurgeQueueOutput{}, s.update(ctx, in.QueueUrl, func(tx *store.Tx, q *queue.Queue) error {
		return s.queues.Purge(tx, q.Scope, q.Name)
	})
}

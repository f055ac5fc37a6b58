package sqs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// StartMessageMoveTask begins to move the messages of a dead-letter queue back to
// where they came from, or to another queue.
func (s *Service) StartMessageMoveTask(_ context.Context, in *sqs.StartMessageMoveTaskInput) (*sqs.StartMessageMoveTaskOutput, error) {
	if aws.ToString(in.SourceArn) == "" {
		return nil, missing("SourceArn")
	}
	out := &sqs.StartMessageMoveTaskOutput{}
	return out, worded(s.queues.Update(func(tx *store.Tx) error {
		m, err := s.queues.StartMove(tx, *in.SourceArn, aws.ToString(in.DestinationArn), in.MaxNumberOfMessagesPerSecond)
		if err == nil {
			out.TaskHandle = aws.String(m.Handle())
		}
		return err
	}))
}

// CancelMessageMoveTask ends a task; what it moved stays moved.
func (s *Service) CancelMessageMoveTask(_ context.Context, in *sqs.CancelMessageMoveTaskInput) (*sqs.CancelMessageMoveTaskOutput, error) {
	if aws.ToString(in.TaskHandle) == "" {
		return nil, missing("TaskHandle")
	}
	out := &sqs.CancelMessageMoveTaskOutput{}
	return out, worded(s.queues.Update(func(tx *store.Tx) error {
		m, err := s.queues.CancelMove(tx, *in.TaskHandle)
		if err == nil {
			out.ApproximateNumberOfMessagesMoved = m.Moved
		}
		return err
	}))
}

// ListMessageMoveTasks lists the tasks of a dead-letter queue, the newest first.
func (s *Service) ListMessageMoveTasks(_ context.Context, in *sqs.ListMessageMoveTasksInput) (*sqs.ListMessageMoveTasksOutput, error) {
	n := 1
	if in.MaxResults != nil {
		if n = int(*in.MaxResults); n < 1 || n > 10 {
			return nil, invalid("Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 10.")
		}
	}
	out := &sqs.ListMessageMoveTasksOutput{Results: []types.ListMessageMoveTasksResultEntry{}}
	return out, worded(s.queues.View(func(tx *store.Tx) error {
		q, err := queue.FindARN(tx, aws.ToString(in.SourceArn))
		if err != nil {
			return wire.Errorf(own+"ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.")
		}
		all := queue.Moves(tx, q)
		for _, m := range all[:min(len(all), n)] {
			out.Results = append(out.Results, taskOf(m))
		}
		return nil
	}))
}

func taskOf(m *queue.Move) types.ListMessageMoveTasksResultEntry {
	e := types.ListMessageMoveTasksResultEntry{
		SourceArn: aws.String(m.Source()), DestinationArn: text(m.Destination), Status: aws.String(m.Status), FailureReason: text(m.Failure),
		ApproximateNumberOfMessagesMoved: m.Moved, ApproximateNumberOfMessagesToMove: aws.Int64(m.ToMove), StartedTimestamp: m.Started.UnixMilli(),
	}
	if m.Rate > 0 {
		e.MaxNumberOfMessagesPerSecond = aws.Int32(int32(m.Rate))
	}
	if m.Status == queue.Running {
		e.TaskHandle = aws.String(m.Handle())
	}
	return e
}

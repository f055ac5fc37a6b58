package sqs

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// maxBatch is how many entries a batch has.
const maxBatch = 10

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// checkBatch refuses a batch as a whole.
func checkBatch(ids []*string, what string) error {
	switch {
	case len(ids) == 0:
		return wire.Errorf(own+"EmptyBatchRequest", "There should be at least one %s in the request.", what)
	case len(ids) > maxBatch:
		return wire.Errorf(own+"TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(ids))
	}
	seen := map[string]bool{}
	for _, p := range ids {
		id := aws.ToString(p)
		switch {
		case !entryID.MatchString(id):
			return wire.Errorf(own+"InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		case seen[id]:
			return wire.Errorf(own+"BatchEntryIdsNotDistinct", "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}

// idsOf collects the ids of entries.
func idsOf[T any](entries []T, id func(*T) *string) (out []*string) {
	for i := range entries {
		out = append(out, id(&entries[i]))
	}
	return out
}

// failure is the result of an entry that went wrong. Errors that are not the
// client's fail the batch.
func failure(id *string, err error) (types.BatchResultErrorEntry, bool) {
	var e *wire.Error
	if !errors.As(worded(err), &e) {
		return types.BatchResultErrorEntry{}, false
	}
	return types.BatchResultErrorEntry{Id: id, Code: aws.String(queryCode(e.Code)), Message: &e.Message, SenderFault: true}, true
}

// each runs fn for every entry in one transaction. An entry that fails changes
// nothing and leaves the others be.
func (s *Service) each(ctx context.Context, url *string, ids []*string, fn func(tx *store.Tx, q *queue.Queue, i int) error) (failed []types.BatchResultErrorEntry, err error) {
	err = s.update(ctx, url, func(tx *store.Tx, q *queue.Queue) error {
		failed = nil
		for i, id := range ids {
			err := fn(tx, q, i)
			if err == nil {
				continue
			}
			f, ok := failure(id, err)
			if !ok {
				return err
			}
			failed = append(failed, f)
		}
		return nil
	})
	return failed, err
}

// SendMessageBatch keeps up to ten messages; those that are wrong are failed
// entries.
func (s *Service) SendMessageBatch(ctx context.Context, in *SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
	ids := idsOf(in.Entries, func(e *SendMessageBatchRequestEntry) *string { return e.Id })
	if err := checkBatch(ids, "SendMessageBatchRequestEntry"); err != nil {
		return nil, err
	}
	out := &sqs.SendMessageBatchOutput{Successful: []types.SendMessageBatchResultEntry{}}
	all, wrong, size := make([]*queue.Outgoing, len(ids)), make([]error, len(ids)), 0
	for i := range in.Entries {
		if all[i], wrong[i] = outgoing(ctx, &in.Entries[i]); wrong[i] == nil {
			size += all[i].Size()
		}
	}
	if size > queue.MaxMessage {
		return nil, wire.Errorf(own+"BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", queue.MaxMessage, size)
	}
	failed, err := s.each(ctx, in.QueueUrl, ids, func(tx *store.Tx, q *queue.Queue, i int) error {
		if wrong[i] != nil {
			return wrong[i]
		}
		m := all[i]
		sent, err := s.queues.Send(tx, q, m)
		if err == nil {
			out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{
				Id: ids[i], MessageId: &sent.ID, SequenceNumber: text(sent.Sequence), MD5OfMessageBody: text(queue.Digest(m.Body)),
				MD5OfMessageAttributes: text(queue.AttributesDigest(m.Attributes)), MD5OfMessageSystemAttributes: text(traceDigest(m.Trace)),
			})
		}
		return err
	})
	out.Failed = failed
	return out, err
}

// DeleteMessageBatch deletes the messages of up to ten receipt handles.
func (s *Service) DeleteMessageBatch(ctx context.Context, in *sqs.DeleteMessageBatchInput) (*sqs.DeleteMessageBatchOutput, error) {
	ids := idsOf(in.Entries, func(e *types.DeleteMessageBatchRequestEntry) *string { return e.Id })
	if err := checkBatch(ids, "DeleteMessageBatchRequestEntry"); err != nil {
		return nil, err
	}
	out := &sqs.DeleteMessageBatchOutput{Successful: []types.DeleteMessageBatchResultEntry{}}
	failed, err := s.each(ctx, in.QueueUrl, ids, func(tx *store.Tx, q *queue.Queue, i int) error {
		err := s.queues.Remove(tx, q, aws.ToString(in.Entries[i].ReceiptHandle))
		if err == nil {
			out.Successful = append(out.Successful, types.DeleteMessageBatchResultEntry{Id: ids[i]})
		}
		return err
	})
	out.Failed = failed
	return out, err
}

// ChangeMessageVisibilityBatch changes up to ten messages in flight.
func (s *Service) ChangeMessageVisibilityBatch(ctx context.Context, in *ChangeMessageVisibilityBatchInput) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	ids := idsOf(in.Entries, func(e *ChangeMessageVisibilityBatchRequestEntry) *string { return e.Id })
	if err := checkBatch(ids, "ChangeMessageVisibilityBatchRequestEntry"); err != nil {
		return nil, err
	}
	out := &sqs.ChangeMessageVisibilityBatchOutput{Successful: []types.ChangeMessageVisibilityBatchResultEntry{}}
	failed, err := s.each(ctx, in.QueueUrl, ids, func(tx *store.Tx, q *queue.Queue, i int) error {
		e := &in.Entries[i]
		if e.VisibilityTimeout == nil {
			return missing("VisibilityTimeout")
		}
		err := s.queues.ChangeVisibility(tx, q, aws.ToString(e.ReceiptHandle), int(*e.VisibilityTimeout))
		if err == nil {
			out.Successful = append(out.Successful, types.ChangeMessageVisibilityBatchResultEntry{Id: ids[i]})
		}
		return err
	})
	out.Failed = failed
	return out, err
}

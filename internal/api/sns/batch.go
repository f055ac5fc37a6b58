package sns

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
	"github.com/grue-ecs/grue/internal/wire"
)

const maxBatch = 10

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// PublishBatch promises up to ten messages; each is accepted or refused for
// itself.
func (s *Service) PublishBatch(_ context.Context, in *sns.PublishBatchInput) (*sns.PublishBatchOutput, error) {
	if err := checkBatch(in.PublishBatchRequestEntries); err != nil {
		return nil, err
	}
	out := &sns.PublishBatchOutput{}
	err := s.update(func(tx *store.Tx) error {
		*out = sns.PublishBatchOutput{Successful: []types.PublishBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{}}
		if _, err := topic.Find(tx, aws.ToString(in.TopicArn)); err != nil {
			return err
		}
		for _, e := range in.PublishBatchRequestEntries {
			id, err := s.publishEntry(tx, aws.ToString(in.TopicArn), e)
			var refused *wire.Error
			switch {
			case errors.As(worded(err), &refused):
				out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: e.Id, Code: &refused.Code, Message: &refused.Message, SenderFault: true})
			case err != nil:
				return err
			default:
				out.Successful = append(out.Successful, types.PublishBatchResultEntry{Id: e.Id, MessageId: &id})
			}
		}
		return nil
	})
	return out, err
}

func (s *Service) publishEntry(tx *store.Tx, topicARN string, e types.PublishBatchRequestEntry) (string, error) {
	if e.MessageGroupId != nil || e.MessageDeduplicationId != nil {
		return "", topic.Invalid("MessageGroupId and MessageDeduplicationId Reason: they are for FIFO topics, which grue does not have")
	}
	m, err := messageOf(e.Subject, e.Message, e.MessageStructure, e.MessageAttributes)
	if err != nil {
		return "", err
	}
	return s.topics.Publish(tx, topicARN, m)
}

func checkBatch(entries []types.PublishBatchRequestEntry) error {
	if len(entries) == 0 {
		return wire.Errorf("EmptyBatchRequest", "The batch request doesn't contain any entries.")
	}
	if len(entries) > maxBatch {
		return wire.Errorf("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible: %d of at most %d.", len(entries), maxBatch)
	}
	seen, size := map[string]bool{}, 0
	for _, e := range entries {
		id := aws.ToString(e.Id)
		if !entryID.MatchString(id) {
			return wire.Errorf("InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification: 1 to 80 letters, digits, '-' and '_'.")
		}
		if seen[id] {
			return wire.Errorf("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id: %s.", id)
		}
		seen[id] = true
		size += len(aws.ToString(e.Message))
	}
	if size > topic.MaxMessage {
		return wire.Errorf("BatchRequestTooLong", "The length of all the messages put together is more than %d bytes.", topic.MaxMessage)
	}
	return nil
}

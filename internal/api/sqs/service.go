package sqs

import (
	"context"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Service is Amazon SQS.
type Service struct{ queues *queue.Queues }

// New returns the service.
func New(q *queue.Queues) *Service { return &Service{q} }

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:            "sqs",
		Protocols:       []wire.Protocol{wire.JSON10, wire.Query},
		TargetPrefixes:  []string{"AmazonSQS"},
		Version:         "2012-11-05",
		Namespace:       "http://queue.amazonaws.com/doc/2012-11-05/",
		QueryNames:      queryNames,
		Flat:            true,
		PathMember:      "QueueUrl",
		ErrorCode:       queryCode,
		QueryCompatible: true,
		InternalError:   "InternalFailure",
	}
}

// queryNames are the members that the query protocol names otherwise.
var queryNames = map[string]string{
	"AddPermissionInput.AWSAccountIds":                     "AWSAccountId",
	"AddPermissionInput.Actions":                           "ActionName",
	"ChangeMessageVisibilityBatchInput.Entries":            "ChangeMessageVisibilityBatchRequestEntry",
	"ChangeMessageVisibilityBatchOutput.Failed":            "BatchResultErrorEntry",
	"ChangeMessageVisibilityBatchOutput.Successful":        "ChangeMessageVisibilityBatchResultEntry",
	"CreateQueueInput.Attributes":                          "Attribute",
	"CreateQueueInput.Tags":                                "Tag",
	"DeleteMessageBatchInput.Entries":                      "DeleteMessageBatchRequestEntry",
	"DeleteMessageBatchOutput.Failed":                      "BatchResultErrorEntry",
	"DeleteMessageBatchOutput.Successful":                  "DeleteMessageBatchResultEntry",
	"GetQueueAttributesInput.AttributeNames":               "AttributeName",
	"GetQueueAttributesOutput.Attributes":                  "Attribute",
	"ListDeadLetterSourceQueuesOutput.QueueUrls":           "QueueUrl",
	"ListMessageMoveTasksOutput.Results":                   "ListMessageMoveTasksResultEntry",
	"ListQueueTagsOutput.Tags":                             "Tag",
	"ListQueuesOutput.QueueUrls":                           "QueueUrl",
	"Message.Attributes":                                   "Attribute",
	"Message.MessageAttributes":                            "MessageAttribute",
	"ReceiveMessageInput.AttributeNames":                   "AttributeName",
	"ReceiveMessageInput.MessageAttributeNames":            "MessageAttributeName",
	"ReceiveMessageInput.MessageSystemAttributeNames":      "MessageSystemAttributeName",
	"ReceiveMessageOutput.Messages":                        "Message",
	"SendMessageBatchInput.Entries":                        "SendMessageBatchRequestEntry",
	"SendMessageBatchOutput.Failed":                        "BatchResultErrorEntry",
	"SendMessageBatchOutput.Successful":                    "SendMessageBatchResultEntry",
	"SendMessageInput.MessageAttributes":                   "MessageAttribute",
	"SendMessageInput.MessageSystemAttributes":             "MessageSystemAttribute",
	"SendMessageBatchRequestEntry.MessageAttributes":       "MessageAttribute",
	"SendMessageBatchRequestEntry.MessageSystemAttributes": "MessageSystemAttribute",
	"SetQueueAttributesInput.Attributes":                   "Attribute",
	"TagQueueInput.Tags":                                   "Tag",
	"UntagQueueInput.TagKeys":                              "TagKey",
}

func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// update runs fn in a transaction, on the queue of a URL, and words its error as
// AWS does.
func (s *Service) update(ctx context.Context, url *string, fn func(tx *store.Tx, q *queue.Queue) error) error {
	scope, name, err := locate(ctx, url)
	if err != nil {
		return err
	}
	return worded(s.queues.Update(func(tx *store.Tx) error {
		q, err := queue.Find(tx, scope, name)
		if err != nil {
			return err
		}
		return fn(tx, q)
	}))
}

// view runs fn on the queue of a URL.
func (s *Service) view(ctx context.Context, url *string, fn func(tx *store.Tx, q *queue.Queue) error) error {
	scope, name, err := locate(ctx, url)
	if err != nil {
		return err
	}
	return worded(s.queues.View(func(tx *store.Tx) error {
		q, err := queue.Find(tx, scope, name)
		if err != nil {
			return err
		}
		return fn(tx, q)
	}))
}

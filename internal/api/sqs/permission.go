package sqs

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// policy of a queue: recorded, not enforced.
type policy struct {
	Version   string
	ID        string `json:"Id,omitempty"`
	Statement []json.RawMessage
}

// allowable are the actions that AddPermission knows.
var allowable = []string{"*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue"}

// AddPermission adds a statement to the policy of a queue.
func (s *Service) AddPermission(ctx context.Context, in *sqs.AddPermissionInput) (*sqs.AddPermissionOutput, error) {
	switch {
	case aws.ToString(in.Label) == "":
		return nil, missing("Label")
	case len(in.Actions) == 0:
		return nil, missing("Actions")
	case len(in.AWSAccountIds) == 0:
		return nil, missing("AWSAccountIds")
	}
	principals, actions := []string{}, []string{}
	for _, id := range in.AWSAccountIds {
		if !account.MatchString(id) {
			return nil, invalid("Value %q for parameter PrincipalId is invalid. Reason: Unable to verify: it is an account id of twelve digits.", id)
		}
		principals = append(principals, "arn:"+arn.Partition(scopeOf(ctx).Region)+":iam::"+id+":root")
	}
	for _, name := range in.Actions {
		if !slices.Contains(allowable, name) {
			return nil, invalid("Value SQS:%s for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.", name)
		}
		actions = append(actions, "SQS:"+name)
	}
	return &sqs.AddPermissionOutput{}, s.changePolicy(ctx, in.QueueUrl, func(q *queue.Queue, p *policy) error {
		if slices.ContainsFunc(p.Statement, labelled(*in.Label)) {
			return invalid("Value %s for parameter Label is invalid. Reason: Already exists.", *in.Label)
		}
		doc, err := json.Marshal(map[string]any{
			"Sid": *in.Label, "Effect": "Allow", "Principal": map[string]any{"AWS": principals}, "Action": actions, "Resource": q.ARN(),
		})
		p.Statement = append(p.Statement, doc)
		return err
	})
}

// RemovePermission removes the statement of a label.
func (s *Service) RemovePermission(ctx context.Context, in *sqs.RemovePermissionInput) (*sqs.RemovePermissionOutput, error) {
	if aws.ToString(in.Label) == "" {
		return nil, missing("Label")
	}
	return &sqs.RemovePermissionOutput{}, s.changePolicy(ctx, in.QueueUrl, func(_ *queue.Queue, p *policy) error {
		before := len(p.Statement)
		p.Statement = slices.DeleteFunc(p.Statement, labelled(*in.Label))
		if len(p.Statement) == before {
			return invalid("Value %s for parameter Label is invalid. Reason: can't find label.", *in.Label)
		}
		return nil
	})
}

func labelled(label string) func(json.RawMessage) bool {
	return func(doc json.RawMessage) bool {
		var s struct{ Sid string }
		return json.Unmarshal(doc, &s) == nil && s.Sid == label
	}
}

// changePolicy replaces the policy of a queue by what fn makes of it; one without
// statements is none.
func (s *Service) changePolicy(ctx context.Context, url *string, fn func(*queue.Queue, *policy) error) error {
	return s.update(ctx, url, func(tx *store.Tx, q *queue.Queue) error {
		p := policy{Version: "2012-10-17", ID: q.ARN() + "/SQSDefaultPolicy"}
		if text := q.Attributes["Policy"]; text != "" {
			if err := json.Unmarshal([]byte(text), &p); err != nil {
				return invalid("The policy of the queue has no list of statements: %v", err)
			}
		}
		if err := fn(q, &p); err != nil {
			return err
		}
		text := ""
		if len(p.Statement) > 0 {
			doc, err := json.Marshal(p)
			if err != nil {
				return err
			}
			text = string(doc)
		}
		return s.queues.SetAttributes(tx, q.Scope, q.Name, map[string]string{"Policy": text})
	})
}

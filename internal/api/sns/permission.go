package sns

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
	"github.com/grue-ecs/grue/internal/wire"
)

// policy of a topic: recorded, not enforced.
type policy struct {
	Version   string
	ID        string `json:"Id,omitempty"`
	Statement []json.RawMessage
}

// defaultPolicy is what AWS gives a new topic: its owner may do everything.
func defaultPolicy(t *topic.Topic) string {
	doc, _ := json.Marshal(map[string]any{ // maps and strings
		"Version": "2008-10-17", "Id": "__default_policy_ID",
		"Statement": []any{map[string]any{
			"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": map[string]string{"AWS": "*"},
			"Action": []string{
				"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic",
				"SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish",
			},
			"Resource":  t.ARN(),
			"Condition": map[string]any{"StringEquals": map[string]string{"AWS:SourceOwner": t.Account}},
		}},
	})
	return string(doc)
}

// AddPermission adds a statement to the policy of a topic.
func (s *Service) AddPermission(ctx context.Context, in *sns.AddPermissionInput) (*sns.AddPermissionOutput, error) {
	if aws.ToString(in.Label) == "" || len(in.AWSAccountId) == 0 || len(in.ActionName) == 0 {
		return nil, invalid("Invalid parameter: Label, AWSAccountId and ActionName are required")
	}
	principals, actions := []string{}, []string{}
	for _, account := range in.AWSAccountId {
		principals = append(principals, "arn:"+arn.Partition(scopeOf(ctx).Region)+":iam::"+account+":root")
	}
	for _, name := range in.ActionName {
		actions = append(actions, "SNS:"+name)
	}
	err := s.changePolicy(in.TopicArn, func(t *topic.Topic, p *policy) error {
		if slices.ContainsFunc(p.Statement, labelled(*in.Label)) {
			return invalid("Invalid parameter: Statement already exists")
		}
		doc, err := json.Marshal(map[string]any{
			"Sid": *in.Label, "Effect": "Allow", "Principal": map[string]any{"AWS": principals}, "Action": actions, "Resource": t.ARN(),
		})
		p.Statement = append(p.Statement, doc)
		return err
	})
	return &sns.AddPermissionOutput{}, err
}

// RemovePermission removes the statement of a label.
func (s *Service) RemovePermission(_ context.Context, in *sns.RemovePermissionInput) (*sns.RemovePermissionOutput, error) {
	err := s.changePolicy(in.TopicArn, func(_ *topic.Topic, p *policy) error {
		before := len(p.Statement)
		p.Statement = slices.DeleteFunc(p.Statement, labelled(aws.ToString(in.Label)))
		if len(p.Statement) == before {
			return wire.Errorf("NotFound", "Statement does not exist").WithStatus(404)
		}
		return nil
	})
	return &sns.RemovePermissionOutput{}, err
}

func labelled(label string) func(json.RawMessage) bool {
	return func(doc json.RawMessage) bool {
		var s struct{ Sid string }
		return json.Unmarshal(doc, &s) == nil && s.Sid == label
	}
}

func (s *Service) changePolicy(topicARN *string, fn func(*topic.Topic, *policy) error) error {
	return s.update(func(tx *store.Tx) error {
		return s.topics.Change(tx, aws.ToString(topicARN), func(t *topic.Topic) error {
			text := t.Attributes["Policy"]
			if text == "" {
				text = defaultPolicy(t)
			}
			var p policy
			if err := json.Unmarshal([]byte(text), &p); err != nil {
				return invalid("Invalid parameter: Policy Reason: the policy of the topic has no list of statements: %v", err)
			}
			if err := fn(t, &p); err != nil {
				return err
			}
			doc, err := json.Marshal(p)
			t.Attributes["Policy"] = string(doc)
			return err
		})
	})
}

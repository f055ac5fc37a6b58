package eventbridge

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
)

// policy of a bus: recorded, not enforced.
type policy struct {
	Version   string
	Statement []json.RawMessage
}

// PutPermission writes the policy of a bus, or one statement of it.
func (s *Service) PutPermission(ctx context.Context, in *eventbridge.PutPermissionInput) (*eventbridge.PutPermissionOutput, error) {
	whole := get(in.Policy)
	if whole != "" && !json.Valid([]byte(whole)) {
		return nil, invalid("The policy is not valid JSON.")
	}
	if whole == "" && (get(in.StatementId) == "" || get(in.Principal) == "" || get(in.Action) == "") {
		return nil, invalid("Give a Policy, or StatementId, Action and Principal.")
	}
	err := s.changeBus(ctx, in.EventBusName, func(b *bus.Bus) error {
		if whole != "" {
			b.Policy = whole
			return nil
		}
		p, err := policyOf(b)
		if err != nil {
			return err
		}
		statement := map[string]any{
			"Sid": *in.StatementId, "Effect": "Allow", "Action": *in.Action, "Resource": b.ARN(), "Principal": "*",
		}
		if *in.Principal != "*" {
			statement["Principal"] = map[string]string{"AWS": "arn:" + arn.Partition(b.Region) + ":iam::" + *in.Principal + ":root"}
		}
		if c := in.Condition; c != nil {
			statement["Condition"] = map[string]any{get(c.Type): map[string]string{get(c.Key): get(c.Value)}}
		}
		doc, err := json.Marshal(statement)
		if err != nil {
			return err
		}
		p.Statement = append(slices.DeleteFunc(p.Statement, labelled(*in.StatementId)), doc)
		return p.into(b)
	})
	return &eventbridge.PutPermissionOutput{}, err
}

// RemovePermission removes one statement, or all.
func (s *Service) RemovePermission(ctx context.Context, in *eventbridge.RemovePermissionInput) (*eventbridge.RemovePermissionOutput, error) {
	err := s.changeBus(ctx, in.EventBusName, func(b *bus.Bus) error {
		if in.RemoveAllPermissions {
			b.Policy = ""
			return nil
		}
		p, err := policyOf(b)
		if err != nil {
			return err
		}
		before := len(p.Statement)
		p.Statement = slices.DeleteFunc(p.Statement, labelled(get(in.StatementId)))
		if len(p.Statement) == before {
			return notFound("Statement with the provided id does not exist.")
		}
		return p.into(b)
	})
	return &eventbridge.RemovePermissionOutput{}, err
}

func policyOf(b *bus.Bus) (*policy, error) {
	p := &policy{Version: "2012-10-17"}
	if b.Policy == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(b.Policy), p); err != nil {
		return nil, invalid("The policy of the event bus has no list of statements: %s", err)
	}
	return p, nil
}

func (p *policy) into(b *bus.Bus) error {
	b.Policy = ""
	if len(p.Statement) == 0 {
		return nil
	}
	doc, err := json.Marshal(p)
	b.Policy = string(doc)
	return err
}

func labelled(id string) func(json.RawMessage) bool {
	return func(doc json.RawMessage) bool {
		var s struct{ Sid string }
		return json.Unmarshal(doc, &s) == nil && s.Sid == id
	}
}

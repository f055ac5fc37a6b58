package secretsmanager

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/wire"
)

// GetResourcePolicy answers the policy that was put, if any.
func (s *Service) GetResourcePolicy(ctx context.Context, in *sm.GetResourcePolicyInput) (*sm.GetResourcePolicyOutput, error) {
	x, err := s.view(ctx, in.SecretId, true)
	if err != nil {
		return nil, err
	}
	return &sm.GetResourcePolicyOutput{ARN: aws.String(x.ARN()), Name: &x.Name, ResourcePolicy: optional(x.Policy)}, nil
}

// PutResourcePolicy records a policy.
func (s *Service) PutResourcePolicy(ctx context.Context, in *sm.PutResourcePolicyInput) (*sm.PutResourcePolicyOutput, error) {
	if !json.Valid([]byte(aws.ToString(in.ResourcePolicy))) {
		return nil, wire.Errorf("MalformedPolicyDocumentException", "This resource policy contains a syntax error: it is not JSON.")
	}
	var out *sm.PutResourcePolicyOutput
	err := s.change(ctx, in.SecretId, func(x *secret.Secret) error {
		x.Policy = *in.ResourcePolicy
		out = &sm.PutResourcePolicyOutput{ARN: aws.String(x.ARN()), Name: &x.Name}
		return nil
	})
	return out, err
}

// DeleteResourcePolicy forgets the policy.
func (s *Service) DeleteResourcePolicy(ctx context.Context, in *sm.DeleteResourcePolicyInput) (*sm.DeleteResourcePolicyOutput, error) {
	var out *sm.DeleteResourcePolicyOutput
	err := s.change(ctx, in.SecretId, func(x *secret.Secret) error {
		x.Policy = ""
		out = &sm.DeleteResourcePolicyOutput{ARN: aws.String(x.ARN()), Name: &x.Name}
		return nil
	})
	return out, err
}

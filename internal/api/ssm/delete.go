package ssm

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
)

// DeleteParameter deletes a parameter with all its versions.
func (s *Service) DeleteParameter(ctx context.Context, in *ssm.DeleteParameterInput) (*ssm.DeleteParameterOutput, error) {
	err := s.store.Update(func(tx *store.Tx) error {
		if !remove(tx, scopeOf(ctx), aws.ToString(in.Name)) {
			return notFound()
		}
		return nil
	})
	return &ssm.DeleteParameterOutput{}, err
}

// DeleteParameters deletes up to ten.
func (s *Service) DeleteParameters(ctx context.Context, in *ssm.DeleteParametersInput) (*ssm.DeleteParametersOutput, error) {
	if err := checkNames(in.Names); err != nil {
		return nil, err
	}
	var out *ssm.DeleteParametersOutput
	err := s.store.Update(func(tx *store.Tx) error {
		out = &ssm.DeleteParametersOutput{DeletedParameters: []string{}, InvalidParameters: []string{}}
		for _, name := range unique(in.Names) {
			if remove(tx, scopeOf(ctx), name) {
				out.DeletedParameters = append(out.DeletedParameters, name)
			} else {
				out.InvalidParameters = append(out.InvalidParameters, name)
			}
		}
		return nil
	})
	return out, err
}

func remove(tx *store.Tx, scope arn.Scope, name string) bool {
	p, selector, ok := secret.FindParameter(tx, scope, name)
	if !ok || selector != "" {
		return false
	}
	emit(tx, p, "Delete")
	secret.DeleteParameter(tx, p.Scope, p.Name)
	return true
}

package ssm

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// GetParameterHistory reads all versions of a parameter, oldest first.
func (s *Service) GetParameterHistory(ctx context.Context, in *ssm.GetParameterHistoryInput) (*ssm.GetParameterHistoryOutput, error) {
	p, err := s.find(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Page(p.Versions, in.NextToken, int(aws.ToInt32(in.MaxResults)), 50, 50)
	if err != nil {
		return nil, pageError(err)
	}
	out := &ssm.GetParameterHistoryOutput{Parameters: []types.ParameterHistory{}, NextToken: next}
	for i := range page {
		v := &page[i]
		value, err := s.value(p, v, aws.ToBool(in.WithDecryption))
		if err != nil {
			return nil, err
		}
		labels := v.Labels
		if labels == nil {
			labels = []string{}
		}
		out.Parameters = append(out.Parameters, types.ParameterHistory{
			AllowedPattern: optional(v.Pattern), DataType: &v.DataType, Description: optional(v.Description), KeyId: optional(v.KeyID),
			Labels: labels, LastModifiedDate: &v.At, LastModifiedUser: &v.By, Name: &p.Name, Policies: policies(v),
			Tier: types.ParameterTier(v.Tier), Type: types.ParameterType(p.Type), Value: &value, Version: v.Version,
		})
	}
	return out, nil
}

// find reads a parameter by name.
func (s *Service) find(ctx context.Context, name *string) (p *secret.Parameter, err error) {
	s.store.View(func(tx *store.Tx) {
		found, _, ok := secret.FindParameter(tx, scopeOf(ctx), aws.ToString(name))
		if p = found; !ok {
			err = named(aws.ToString(name))
		}
	})
	return p, err
}

// change writes a changed copy of a parameter.
func (s *Service) change(ctx context.Context, name *string, fn func(*store.Tx, *secret.Parameter) error) error {
	return s.store.Update(func(tx *store.Tx) error {
		p, _, ok := secret.FindParameter(tx, scopeOf(ctx), aws.ToString(name))
		if !ok {
			return named(aws.ToString(name))
		}
		next := p.Clone()
		if err := fn(tx, next); err != nil {
			return err
		}
		secret.PutParameter(tx, next)
		return nil
	})
}

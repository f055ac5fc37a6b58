package ssm

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
)

// GetParameter reads a version of a parameter by name, name:version, name:label
// or ARN.
func (s *Service) GetParameter(ctx context.Context, in *ssm.GetParameterInput) (*ssm.GetParameterOutput, error) {
	if aws.ToString(in.Name) == "" {
		return nil, violated("name", "", "Member must have length greater than or equal to 1")
	}
	var out types.Parameter
	var err error
	s.store.View(func(tx *store.Tx) {
		out, err = s.read(tx, scopeOf(ctx), *in.Name, aws.ToBool(in.WithDecryption))
	})
	if err != nil {
		return nil, err
	}
	return &ssm.GetParameterOutput{Parameter: &out}, nil
}

// GetParameters reads up to ten; those that do not exist are listed apart.
func (s *Service) GetParameters(ctx context.Context, in *ssm.GetParametersInput) (*ssm.GetParametersOutput, error) {
	if err := checkNames(in.Names); err != nil {
		return nil, err
	}
	out := &ssm.GetParametersOutput{Parameters: []types.Parameter{}, InvalidParameters: []string{}}
	s.store.View(func(tx *store.Tx) {
		for _, name := range unique(in.Names) {
			p, err := s.read(tx, scopeOf(ctx), name, aws.ToBool(in.WithDecryption))
			if err != nil {
				out.InvalidParameters = append(out.InvalidParameters, name)
				continue
			}
			out.Parameters = append(out.Parameters, p)
		}
	})
	slices.SortFunc(out.Parameters, func(a, b types.Parameter) int { return strings.Compare(*a.Name, *b.Name) })
	return out, nil
}

func checkNames(names []string) error {
	if len(names) == 0 || len(names) > maxNames {
		return violated("names", "["+strings.Join(names, ", ")+"]", "Member must have length less than or equal to 10 and greater than or equal to 1")
	}
	return nil
}

func unique(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

func (s *Service) read(tx *store.Tx, scope arn.Scope, text string, decrypt bool) (types.Parameter, error) {
	p, selector, ok := secret.FindParameter(tx, scope, text)
	if !ok {
		return types.Parameter{}, notFound()
	}
	v, ok := p.Select(selector)
	if !ok {
		return types.Parameter{}, noVersion(p.Name, selector)
	}
	out, err := s.parameter(p, v, decrypt)
	if selector != "" {
		out.Selector = aws.String(":" + selector)
	}
	return out, err
}

func (s *Service) parameter(p *secret.Parameter, v *secret.ParameterVersion, decrypt bool) (types.Parameter, error) {
	value, err := s.value(p, v, decrypt)
	return types.Parameter{
		ARN: aws.String(p.ARN()), DataType: &v.DataType, LastModifiedDate: &v.At, Name: &p.Name,
		Type: types.ParameterType(p.Type), Value: &value, Version: v.Version,
	}, err
}

// value: a SecureString that is not to be decrypted is answered as ciphertext.
func (s *Service) value(p *secret.Parameter, v *secret.ParameterVersion, decrypt bool) (string, error) {
	if v.Sealed != nil && !decrypt {
		return base64.StdEncoding.EncodeToString(v.Sealed), nil
	}
	return s.vault.ParameterValue(p, v)
}

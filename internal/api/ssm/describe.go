package ssm

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/wire"
)

// describeKeys are the filters of DescribeParameters.
var describeKeys = []string{"Path", "Name", "Type", "KeyId", "Tier", "DataType", "Label", "tag:"}

// DescribeParameters lists parameters without their values.
func (s *Service) DescribeParameters(ctx context.Context, in *ssm.DescribeParametersInput) (*ssm.DescribeParametersOutput, error) {
	asked := in.ParameterFilters
	if len(in.Filters) > 0 {
		if len(asked) > 0 {
			return nil, invalid("You can use either Filters or ParameterFilters in a single request.")
		}
		for _, f := range in.Filters { // the older form: names by their beginning
			option := "Equals"
			if f.Key == types.ParametersFilterKeyName {
				option = "BeginsWith"
			}
			asked = append(asked, types.ParameterStringFilter{Key: aws.String(string(f.Key)), Option: &option, Values: f.Values})
		}
	}
	filters, err := parseFilters(asked, describeKeys)
	if err != nil {
		return nil, err
	}
	found := s.list(scopeOf(ctx), filters, func(*secret.Parameter) bool { return !aws.ToBool(in.Shared) })
	page, next, err := wire.PageBy(found, parameterName, in.NextToken, int(aws.ToInt32(in.MaxResults)), 10, 50)
	if err != nil {
		return nil, pageError(err)
	}
	out := &ssm.DescribeParametersOutput{Parameters: []types.ParameterMetadata{}, NextToken: next}
	for _, p := range page {
		out.Parameters = append(out.Parameters, describe(p))
	}
	return out, nil
}

func describe(p *secret.Parameter) types.ParameterMetadata {
	v := p.Latest()
	return types.ParameterMetadata{
		ARN: aws.String(p.ARN()), AllowedPattern: optional(v.Pattern), DataType: &v.DataType, Description: optional(v.Description),
		KeyId: optional(v.KeyID), LastModifiedDate: &v.At, LastModifiedUser: &v.By, Name: &p.Name, Policies: policies(v),
		Tier: types.ParameterTier(v.Tier), Type: types.ParameterType(p.Type), Version: v.Version,
	}
}

// policies are answered as they were put: one text, pending.
func policies(v *secret.ParameterVersion) []types.ParameterInlinePolicy {
	if v.Policies == "" {
		return []types.ParameterInlinePolicy{}
	}
	return []types.ParameterInlinePolicy{{PolicyText: &v.Policies, PolicyStatus: aws.String("Pending")}}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

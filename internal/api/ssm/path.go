package ssm

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// GetParametersByPath reads the parameters below a path.
func (s *Service) GetParametersByPath(ctx context.Context, in *ssm.GetParametersByPathInput) (*ssm.GetParametersByPathOutput, error) {
	path := aws.ToString(in.Path)
	if !strings.HasPrefix(path, "/") || !nameForm.MatchString(path) {
		return nil, invalid("The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol \"/\". Valid example: /get/parameters2-/by1./path0_.")
	}
	filters, err := parseFilters(in.ParameterFilters, []string{"Type", "KeyId", "Label"})
	if err != nil {
		return nil, err
	}
	found := s.list(scopeOf(ctx), filters, func(p *secret.Parameter) bool { return below(p.Name, path, aws.ToBool(in.Recursive)) })
	page, next, err := wire.PageBy(found, parameterName, in.NextToken, int(aws.ToInt32(in.MaxResults)), 10, 10)
	if err != nil {
		return nil, pageError(err)
	}
	out := &ssm.GetParametersByPathOutput{Parameters: []types.Parameter{}, NextToken: next}
	for _, p := range page {
		v := filters.version(p)
		one, err := s.parameter(p, v, aws.ToBool(in.WithDecryption))
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, one)
	}
	return out, nil
}

func parameterName(p *secret.Parameter) string { return p.Name }

// below tells whether a name is under a path; without recursive one level only.
func below(name, path string, recursive bool) bool {
	if !strings.HasPrefix(name, "/") {
		return path == "/" // names without a slash are at the root
	}
	rest, ok := strings.CutPrefix(name, strings.TrimSuffix(path, "/")+"/")
	return ok && (recursive || !strings.Contains(rest, "/"))
}

// list is what the filters and keep let through, by name.
func (s *Service) list(scope arn.Scope, f filters, keep func(*secret.Parameter) bool) []*secret.Parameter {
	var out []*secret.Parameter
	s.store.View(func(tx *store.Tx) {
		for _, p := range secret.Parameters(tx, scope, "") {
			if keep(p) && f.match(p) {
				out = append(out, p)
			}
		}
	})
	slices.SortFunc(out, func(a, b *secret.Parameter) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// pageError tells a bad token from a bad size.
func pageError(err error) error {
	if strings.Contains(err.Error(), "token") {
		return wire.Errorf("InvalidNextToken", "The specified token isn't valid.")
	}
	return wire.Recode(err, "ValidationException")
}

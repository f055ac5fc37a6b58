package ecr

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/wire"
)

const maxTags = 50

// resource is the repository that an ARN names.
func resource(text *string) (arn.Scope, string, error) {
	a, ok := arn.Parse(aws.ToString(text))
	name, isRepository := strings.CutPrefix(a.Resource, "repository/")
	if !ok || a.Service != "ecr" || !isRepository {
		return arn.Scope{}, "", invalid("resourceArn", "Invalid ARN")
	}
	return arn.Scope{Account: a.Account, Region: a.Region}, name, nil
}

// merge adds tags to those of a repository.
func merge(old map[string]string, add []types.Tag) (map[string]string, error) {
	all := maps.Clone(old)
	if all == nil {
		all = map[string]string{}
	}
	for _, t := range add {
		k, v := aws.ToString(t.Key), aws.ToString(t.Value)
		if k == "" || len(k) > 128 || len(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, wire.Errorf("InvalidTagParameterException", "The tag key %q is not allowed: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256", k)
		}
		all[k] = v
	}
	if len(all) > maxTags {
		return nil, wire.Errorf("TooManyTagsException", "The list of tags on the repository is over the limit. The maximum number of tags that can be applied to a repository is %d", maxTags)
	}
	return all, nil
}

// TagResource adds tags to a repository.
func (s *Service) TagResource(_ context.Context, in *ecr.TagResourceInput) (*ecr.TagResourceOutput, error) {
	scope, name, err := resource(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	err = s.registry.UpdateRepository(scope, name, func(r *registry.Repository) (err error) {
		r.Tags, err = merge(r.Tags, in.Tags)
		return err
	})
	return &ecr.TagResourceOutput{}, asAWS(err)
}

// UntagResource removes tags from a repository.
func (s *Service) UntagResource(_ context.Context, in *ecr.UntagResourceInput) (*ecr.UntagResourceOutput, error) {
	scope, name, err := resource(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	err = s.registry.UpdateRepository(scope, name, func(r *registry.Repository) error {
		for _, k := range in.TagKeys {
			delete(r.Tags, k)
		}
		return nil
	})
	return &ecr.UntagResourceOutput{}, asAWS(err)
}

// ListTagsForResource lists the tags of a repository.
func (s *Service) ListTagsForResource(_ context.Context, in *ecr.ListTagsForResourceInput) (*ecr.ListTagsForResourceOutput, error) {
	scope, name, err := resource(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	repo, err := s.registry.Repository(scope, name)
	if err != nil {
		return nil, asAWS(err)
	}
	out := &ecr.ListTagsForResourceOutput{Tags: []types.Tag{}}
	for _, k := range slices.Sorted(maps.Keys(repo.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(k), Value: aws.String(repo.Tags[k])})
	}
	return out, nil
}

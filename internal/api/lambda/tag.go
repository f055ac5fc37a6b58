package lambda

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/function"
)

func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return invalid("A function may have at most 50 tags; there would be %d.", len(tags))
	}
	for k, v := range tags {
		if k == "" || len(k) > 128 || len(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("The tag %q is not allowed: keys have 1 to 128 characters and do not begin with aws:, values up to 256.", k)
		}
	}
	return nil
}

// tagged finds the function whose ARN a request for tags names.
func (s *Service) tagged(ctx context.Context, resource *string) (function.Reference, *function.Function, error) {
	if !arn.Is(aws.ToString(resource)) {
		return function.Reference{}, nil, invalid("%q is not the ARN of a function.", aws.ToString(resource))
	}
	r, fn, err := s.unqualified(ctx, resource)
	if err == nil && r.Qualifier != "" {
		err = invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
	}
	return r, fn, err
}

// TagResource adds tags to a function.
func (s *Service) TagResource(ctx context.Context, in *lambda.TagResourceInput) (*lambda.TagResourceOutput, error) {
	r, _, err := s.tagged(ctx, in.Resource)
	if err != nil {
		return nil, err
	}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error {
		maps.Copy(fn.Tags, in.Tags)
		return checkTags(fn.Tags)
	})
	return &lambda.TagResourceOutput{}, reword(err, r)
}

// UntagResource removes tags from a function.
func (s *Service) UntagResource(ctx context.Context, in *lambda.UntagResourceInput) (*lambda.UntagResourceOutput, error) {
	r, _, err := s.tagged(ctx, in.Resource)
	if err != nil {
		return nil, err
	}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error {
		for _, k := range in.TagKeys {
			delete(fn.Tags, k)
		}
		return nil
	})
	return &lambda.UntagResourceOutput{}, reword(err, r)
}

// ListTags shows the tags of a function.
func (s *Service) ListTags(ctx context.Context, in *lambda.ListTagsInput) (*lambda.ListTagsOutput, error) {
	_, fn, err := s.tagged(ctx, in.Resource)
	if err != nil {
		return nil, err
	}
	tags := fn.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return &lambda.ListTagsOutput{Tags: tags}, nil
}

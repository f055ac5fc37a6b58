package logs

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwl "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/wire"
)

const maxTags = 50

// TagResource adds tags to a group.
func (s *Service) TagResource(ctx context.Context, in *cwl.TagResourceInput) (*cwl.TagResourceOutput, error) {
	name, err := tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &cwl.TagResourceOutput{}, s.tag(ctx, name, in.Tags)
}

// UntagResource removes tags from a group.
func (s *Service) UntagResource(ctx context.Context, in *cwl.UntagResourceInput) (*cwl.UntagResourceOutput, error) {
	name, err := tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &cwl.UntagResourceOutput{}, s.untag(ctx, name, in.TagKeys)
}

// ListTagsForResource lists the tags of a group.
func (s *Service) ListTagsForResource(ctx context.Context, in *cwl.ListTagsForResourceInput) (*cwl.ListTagsForResourceOutput, error) {
	name, err := tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags, err := s.tags(ctx, name)
	return &cwl.ListTagsForResourceOutput{Tags: tags}, err
}

// TagLogGroup is the older TagResource.
func (s *Service) TagLogGroup(ctx context.Context, in *cwl.TagLogGroupInput) (*cwl.TagLogGroupOutput, error) {
	name, err := group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	return &cwl.TagLogGroupOutput{}, s.tag(ctx, name, in.Tags)
}

// UntagLogGroup is the older UntagResource.
func (s *Service) UntagLogGroup(ctx context.Context, in *cwl.UntagLogGroupInput) (*cwl.UntagLogGroupOutput, error) {
	name, err := group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	return &cwl.UntagLogGroupOutput{}, s.untag(ctx, name, in.Tags)
}

// ListTagsLogGroup is the older ListTagsForResource.
func (s *Service) ListTagsLogGroup(ctx context.Context, in *cwl.ListTagsLogGroupInput) (*cwl.ListTagsLogGroupOutput, error) {
	name, err := group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	tags, err := s.tags(ctx, name)
	return &cwl.ListTagsLogGroupOutput{Tags: tags}, err
}

// tagged is the group that an ARN names.
func tagged(resource *string) (string, error) {
	name, ok := groupInARN(aws.ToString(resource))
	if !ok {
		return "", invalid("1 validation error detected: Value '%s' at 'resourceArn' failed to satisfy constraint: the ARN of a log group", aws.ToString(resource))
	}
	return name, nil
}

func (s *Service) tag(ctx context.Context, name string, tags map[string]string) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	g, err := s.logs.Group(scopeOf(ctx), name)
	if err != nil {
		return asAWS(err)
	}
	all := maps.Clone(g.Tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	if len(all) > maxTags {
		return wire.Errorf("TooManyTagsException", "A resource can have no more than %d tags.", maxTags)
	}
	return asAWS(s.logs.ChangeGroup(scopeOf(ctx), name, func(g *logs.Group) {
		if g.Tags == nil {
			g.Tags = map[string]string{}
		}
		maps.Copy(g.Tags, tags)
	}))
}

func (s *Service) untag(ctx context.Context, name string, keys []string) error {
	return asAWS(s.logs.ChangeGroup(scopeOf(ctx), name, func(g *logs.Group) {
		for _, k := range keys {
			delete(g.Tags, k)
		}
	}))
}

func (s *Service) tags(ctx context.Context, name string) (map[string]string, error) {
	g, err := s.logs.Group(scopeOf(ctx), name)
	if err != nil {
		return nil, asAWS(err)
	}
	if g.Tags == nil {
		return map[string]string{}, nil
	}
	return g.Tags, nil
}

func checkTags(tags map[string]string) error {
	for k, v := range tags {
		if k == "" || len(k) > 128 || len(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("1 validation error detected: the tag %q is not allowed: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256", k)
		}
	}
	if len(tags) > maxTags {
		return wire.Errorf("TooManyTagsException", "A resource can have no more than %d tags.", maxTags)
	}
	return nil
}

package ssm

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// AddTagsToResource adds tags to a parameter.
func (s *Service) AddTagsToResource(ctx context.Context, in *ssm.AddTagsToResourceInput) (*ssm.AddTagsToResourceOutput, error) {
	err := s.changeTagged(ctx, in.ResourceType, in.ResourceId, func(p *secret.Parameter) error { return addTags(p, in.Tags) })
	return &ssm.AddTagsToResourceOutput{}, err
}

// RemoveTagsFromResource removes tags from a parameter.
func (s *Service) RemoveTagsFromResource(ctx context.Context, in *ssm.RemoveTagsFromResourceInput) (*ssm.RemoveTagsFromResourceOutput, error) {
	err := s.changeTagged(ctx, in.ResourceType, in.ResourceId, func(p *secret.Parameter) error {
		for _, k := range in.TagKeys {
			delete(p.Tags, k)
		}
		return nil
	})
	return &ssm.RemoveTagsFromResourceOutput{}, err
}

// ListTagsForResource lists the tags of a parameter by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *ssm.ListTagsForResourceInput) (*ssm.ListTagsForResourceOutput, error) {
	if in.ResourceType != types.ResourceTypeForTaggingParameter {
		return nil, badResourceType(in.ResourceType)
	}
	p, err := s.find(ctx, in.ResourceId)
	if err != nil {
		return nil, badResource(in.ResourceId)
	}
	out := &ssm.ListTagsForResourceOutput{TagList: []types.Tag{}}
	for k, v := range p.Tags {
		out.TagList = append(out.TagList, types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	slices.SortFunc(out.TagList, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return out, nil
}

func (s *Service) changeTagged(ctx context.Context, kind types.ResourceTypeForTagging, id *string, fn func(*secret.Parameter) error) error {
	if kind != types.ResourceTypeForTaggingParameter {
		return badResourceType(kind)
	}
	if _, err := s.find(ctx, id); err != nil {
		return badResource(id)
	}
	return s.change(ctx, id, func(_ *store.Tx, p *secret.Parameter) error { return fn(p) })
}

func addTags(p *secret.Parameter, tags []types.Tag) error {
	for _, t := range tags {
		key := aws.ToString(t.Key)
		if key == "" || len(key) > 128 || len(aws.ToString(t.Value)) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid("The tag %q is not allowed: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256.", key)
		}
		p.Tags[key] = aws.ToString(t.Value)
	}
	if len(p.Tags) > maxTags {
		return wire.Errorf("TooManyTagsError", "The Targets parameter includes too many tags. Remove one or more tags and try the command again.")
	}
	return nil
}

func badResourceType(kind types.ResourceTypeForTagging) error {
	return wire.Errorf("InvalidResourceType", "The resource type %s is not valid. Of the types of Systems Manager, grue keeps Parameter.", kind)
}

func badResource(id *string) error {
	return wire.Errorf("InvalidResourceId", "The resource ID \"%s\" is not valid. Verify the ID and try again.", aws.ToString(id))
}

package autoscaling

import (
	"context"
	"maps"
	"strings"

	api "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

const maxTags = 50

// TagResource adds tags to a scalable target.
func (s *Service) TagResource(ctx context.Context, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	return &api.TagResourceOutput{}, s.retag(ctx, in.ResourceARN, func(old map[string]string) (map[string]string, error) { return addTags(old, in.Tags) })
}

// UntagResource removes tags from a scalable target.
func (s *Service) UntagResource(ctx context.Context, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return &api.UntagResourceOutput{}, s.retag(ctx, in.ResourceARN, func(old map[string]string) (map[string]string, error) {
		tags := maps.Clone(old)
		for _, k := range in.TagKeys {
			delete(tags, k)
		}
		return tags, nil
	})
}

// ListTagsForResource shows the tags of a scalable target.
func (s *Service) ListTagsForResource(ctx context.Context, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	out := &api.ListTagsForResourceOutput{Tags: map[string]string{}}
	var err error
	s.store.View(func(tx *store.Tx) {
		var t *scale.Target
		if t, err = tagged(ctx, tx, get(in.ResourceARN)); err == nil {
			maps.Copy(out.Tags, t.Tags)
		}
	})
	return out, err
}

func (s *Service) retag(ctx context.Context, resource *string, fn func(map[string]string) (map[string]string, error)) error {
	return s.store.Update(func(tx *store.Tx) error {
		t, err := tagged(ctx, tx, get(resource))
		if err != nil {
			return err
		}
		next := *t
		if next.Tags, err = fn(t.Tags); err == nil {
			scale.Targets.Put(tx, next.Key(), &next)
		}
		return err
	})
}

// tagged is the target that an ARN names.
func tagged(ctx context.Context, tx *store.Tx, text string) (*scale.Target, error) {
	if text == "" {
		return nil, absent("resourceARN")
	}
	a, ok := arn.Parse(text)
	if !ok || a.Service != "application-autoscaling" || !strings.HasPrefix(a.Resource, "scalable-target/") {
		return nil, invalid("%q is not the ARN of a scalable target; other resources have no tags.", text)
	}
	for _, t := range scale.Targets.Prefix(tx, scopeOf(ctx).Key("")) {
		if t.ARN() == text {
			return t, nil
		}
	}
	err := wire.Errorf("ResourceNotFoundException", "There is no scalable target %s.", text)
	err.Fields = map[string]any{"ResourceName": text}
	return nil, err
}

// addTags returns old with more tags; it changes neither.
func addTags(old, add map[string]string) (map[string]string, error) {
	tags := maps.Clone(old)
	if tags == nil {
		tags = map[string]string{}
	}
	for k, v := range add {
		if k == "" || len([]rune(k)) > 128 || len([]rune(v)) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, invalid("The tag %q is not allowed: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256.", k)
		}
		tags[k] = v
	}
	if len(tags) > maxTags {
		return nil, wire.Errorf("TooManyTagsException", "A resource has at most %d tags.", maxTags)
	}
	return tags, nil
}

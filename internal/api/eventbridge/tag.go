package eventbridge

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/store"
)

const maxTags = 50

// TagResource adds tags to a rule or an event bus.
func (s *Service) TagResource(_ context.Context, in *eventbridge.TagResourceInput) (*eventbridge.TagResourceOutput, error) {
	return &eventbridge.TagResourceOutput{}, s.changeTags(in.ResourceARN, func(old map[string]string) (map[string]string, error) { return tagMap(old, in.Tags) })
}

// UntagResource removes tags.
func (s *Service) UntagResource(_ context.Context, in *eventbridge.UntagResourceInput) (*eventbridge.UntagResourceOutput, error) {
	return &eventbridge.UntagResourceOutput{}, s.changeTags(in.ResourceARN, func(old map[string]string) (map[string]string, error) {
		tags := maps.Clone(old)
		for _, k := range in.TagKeys {
			delete(tags, k)
		}
		return tags, nil
	})
}

// ListTagsForResource lists tags by key.
func (s *Service) ListTagsForResource(_ context.Context, in *eventbridge.ListTagsForResourceInput) (*eventbridge.ListTagsForResourceOutput, error) {
	out := &eventbridge.ListTagsForResourceOutput{Tags: []types.Tag{}}
	var err error
	s.store.View(func(tx *store.Tx) {
		var t tagged
		if t, err = findTagged(tx, get(in.ResourceARN)); err != nil {
			return
		}
		for _, k := range slices.Sorted(maps.Keys(t.tags)) {
			v := t.tags[k]
			out.Tags = append(out.Tags, types.Tag{Key: &k, Value: &v})
		}
	})
	return out, err
}

// tagged is a resource that has tags.
type tagged struct {
	tags map[string]string
	put  func(tx *store.Tx, tags map[string]string)
}

func (s *Service) changeTags(resource *string, fn func(map[string]string) (map[string]string, error)) error {
	return s.store.Update(func(tx *store.Tx) error {
		t, err := findTagged(tx, get(resource))
		if err != nil {
			return err
		}
		tags, err := fn(t.tags)
		if err == nil {
			t.put(tx, tags)
		}
		return err
	})
}

func findTagged(tx *store.Tx, text string) (t tagged, err error) {
	a, ok := arn.Parse(text)
	if !ok || a.Service != "events" {
		return t, invalid("Parameter ResourceARN is not valid. Reason: %q is not the ARN of a rule or an event bus.", text)
	}
	scope := arn.Scope{Account: a.Account, Region: a.Region}
	if name, ok := strings.CutPrefix(a.Resource, "event-bus/"); ok {
		b, err := findBus(tx, scope, &name)
		if err != nil {
			return t, err
		}
		return tagged{b.Tags, func(tx *store.Tx, tags map[string]string) {
			next := *b
			next.Tags = tags
			bus.PutBus(tx, &next)
		}}, nil
	}
	name, ok := strings.CutPrefix(a.Resource, "rule/")
	if !ok {
		return t, invalid("Parameter ResourceARN is not valid. Reason: rules and event buses have tags, %s has none.", text)
	}
	of := bus.Default
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		of, name = name[:i], name[i+1:]
	}
	r, err := findRule(tx, scope, &of, &name)
	if err != nil {
		return t, err
	}
	return tagged{r.Tags, func(tx *store.Tx, tags map[string]string) {
		next := *r
		next.Tags = tags
		bus.Retag(tx, &next)
	}}, nil
}

// tagMap returns old with the tags of add; it changes neither.
func tagMap(old map[string]string, add []types.Tag) (map[string]string, error) {
	tags := maps.Clone(old)
	if tags == nil {
		tags = map[string]string{}
	}
	for _, t := range add {
		key := get(t.Key)
		if key == "" || len(key) > 128 || len(get(t.Value)) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalid("The tag %q is not allowed: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256.", key)
		}
		tags[key] = get(t.Value)
	}
	if len(tags) > maxTags {
		return nil, limitExceeded("A resource has at most %d tags.", maxTags)
	}
	return tags, nil
}

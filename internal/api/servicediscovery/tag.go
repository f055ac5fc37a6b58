package servicediscovery

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// maxTags is how many tags a resource can have.
const maxTags = 50

func readTags(tags []types.Tag) (map[string]string, error) {
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		key := aws.ToString(t.Key)
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128:
			return nil, invalid("A tag key must have between 1 and 128 characters.")
		case utf8.RuneCountInString(aws.ToString(t.Value)) > 256:
			return nil, invalid("The value of tag %q is longer than 256 characters.", key)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalid("Tag keys that begin with aws: are reserved.")
		}
		if _, twice := out[key]; twice {
			return nil, invalid("The tag key %q was given more than once.", key)
		}
		out[key] = aws.ToString(t.Value)
	}
	return out, few(out, "")
}

func few(tags map[string]string, resource string) error {
	if len(tags) <= maxTags {
		return nil
	}
	e := wire.Errorf("TooManyTagsException", "A resource can have at most %d tags.", maxTags)
	e.Fields = map[string]any{"ResourceName": resource}
	return e
}

// tagged finds the tags of a namespace or service by its ARN, and how to write
// them.
func tagged(tx *store.Tx, scope arn.Scope, resource *string) (map[string]string, func(map[string]string), error) {
	id, err := required("ResourceARN", resource, 1011)
	if err != nil {
		return nil, nil, err
	}
	if arn.Is(id) {
		if n, ok := cloudmap.NamespaceByID(tx, scope, id); ok {
			return n.Tags, func(tags map[string]string) { next := n.Clone(); next.Tags = tags; cloudmap.PutNamespace(tx, next) }, nil
		}
		if x, ok := cloudmap.ServiceByID(tx, scope, id); ok {
			return x.Tags, func(tags map[string]string) { next := x.Clone(); next.Tags = tags; cloudmap.PutService(tx, next) }, nil
		}
	}
	return nil, nil, wire.Errorf("ResourceNotFoundException", "No namespace or service with the ARN %s exists.", id)
}

// ListTagsForResource lists the tags of a namespace or service, by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *servicediscovery.ListTagsForResourceInput) (*servicediscovery.ListTagsForResourceOutput, error) {
	out := &servicediscovery.ListTagsForResourceOutput{Tags: []types.Tag{}}
	err := s.view(func(tx *store.Tx) error {
		tags, _, err := tagged(tx, scopeOf(ctx), in.ResourceARN)
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
		}
		return err
	})
	return out, err
}

// TagResource adds and changes tags.
func (s *Service) TagResource(ctx context.Context, in *servicediscovery.TagResourceInput) (*servicediscovery.TagResourceOutput, error) {
	added, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	err = s.update(func(tx *store.Tx) error {
		tags, put, err := tagged(tx, scopeOf(ctx), in.ResourceARN)
		if err != nil {
			return err
		}
		next := map[string]string{}
		maps.Copy(next, tags)
		maps.Copy(next, added)
		if err := few(next, *in.ResourceARN); err != nil {
			return err
		}
		put(next)
		return nil
	})
	return &servicediscovery.TagResourceOutput{}, err
}

// UntagResource removes tags.
func (s *Service) UntagResource(ctx context.Context, in *servicediscovery.UntagResourceInput) (*servicediscovery.UntagResourceOutput, error) {
	err := s.update(func(tx *store.Tx) error {
		tags, put, err := tagged(tx, scopeOf(ctx), in.ResourceARN)
		if err != nil {
			return err
		}
		next := maps.Clone(tags)
		for _, key := range in.TagKeys {
			delete(next, key)
		}
		put(next)
		return nil
	})
	return &servicediscovery.UntagResourceOutput{}, err
}

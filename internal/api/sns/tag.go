package sns

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
	"github.com/grue-ecs/grue/internal/wire"
)

const maxTags = 50

// TagResource adds tags to a topic.
func (s *Service) TagResource(_ context.Context, in *sns.TagResourceInput) (*sns.TagResourceOutput, error) {
	err := s.changeTags(in.ResourceArn, func(t *topic.Topic) (err error) {
		t.Tags, err = tagMap(t.Tags, in.Tags)
		return err
	})
	return &sns.TagResourceOutput{}, err
}

// UntagResource removes tags from a topic.
func (s *Service) UntagResource(_ context.Context, in *sns.UntagResourceInput) (*sns.UntagResourceOutput, error) {
	err := s.changeTags(in.ResourceArn, func(t *topic.Topic) error {
		for _, k := range in.TagKeys {
			delete(t.Tags, k)
		}
		return nil
	})
	return &sns.UntagResourceOutput{}, err
}

// ListTagsForResource lists the tags of a topic by key.
func (s *Service) ListTagsForResource(_ context.Context, in *sns.ListTagsForResourceInput) (*sns.ListTagsForResourceOutput, error) {
	out := &sns.ListTagsForResourceOutput{Tags: []types.Tag{}}
	err := s.view(func(tx *store.Tx) error {
		t, err := topic.Find(tx, aws.ToString(in.ResourceArn))
		if err != nil {
			return noResource(err)
		}
		for _, k := range slices.Sorted(maps.Keys(t.Tags)) {
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(k), Value: aws.String(t.Tags[k])})
		}
		return nil
	})
	return out, err
}

func (s *Service) changeTags(resource *string, fn func(*topic.Topic) error) error {
	return s.update(func(tx *store.Tx) error {
		return noResource(s.topics.Change(tx, aws.ToString(resource), fn))
	})
}

// noResource is AWS's other word for a topic that does not exist.
func noResource(err error) error {
	if errors.Is(err, topic.ErrNoTopic) {
		return wire.Errorf("ResourceNotFound", "Resource does not exist").WithStatus(http.StatusNotFound)
	}
	return err
}

// tagMap returns old with the tags of add; it changes neither.
func tagMap(old map[string]string, add []types.Tag) (map[string]string, error) {
	tags := maps.Clone(old)
	if tags == nil {
		tags = map[string]string{}
	}
	for _, t := range add {
		key := aws.ToString(t.Key)
		if key == "" || len(key) > 128 || len(aws.ToString(t.Value)) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalid("Invalid parameter: Tags Reason: the tag %q is not allowed: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256", key)
		}
		tags[key] = aws.ToString(t.Value)
	}
	if len(tags) > maxTags {
		return nil, wire.Errorf("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded: %d", maxTags)
	}
	return tags, nil
}

package secretsmanager

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/wire"
)

const maxTags = 50

// TagResource adds tags to a secret.
func (s *Service) TagResource(ctx context.Context, in *sm.TagResourceInput) (*sm.TagResourceOutput, error) {
	err := s.change(ctx, in.SecretId, func(x *secret.Secret) error { return setTags(x, in.Tags) })
	return &sm.TagResourceOutput{}, err
}

// UntagResource removes tags from a secret.
func (s *Service) UntagResource(ctx context.Context, in *sm.UntagResourceInput) (*sm.UntagResourceOutput, error) {
	err := s.change(ctx, in.SecretId, func(x *secret.Secret) error {
		x.Tags = slices.DeleteFunc(x.Tags, func(t secret.Tag) bool { return slices.Contains(in.TagKeys, t.Key) })
		return nil
	})
	return &sm.UntagResourceOutput{}, err
}

func setTags(x *secret.Secret, tags []types.Tag) error {
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		if key == "" || len(key) > 128 || len(value) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalidParameter("The tag %q is not allowed: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256.", key)
		}
		if i := slices.IndexFunc(x.Tags, func(t secret.Tag) bool { return t.Key == key }); i >= 0 {
			x.Tags[i].Value = value
			continue
		}
		x.Tags = append(x.Tags, secret.Tag{Key: key, Value: value})
	}
	if len(x.Tags) > maxTags {
		return wire.Errorf("LimitExceededException", "A secret may have %d tags.", maxTags)
	}
	return nil
}

func tagsOf(x *secret.Secret) []types.Tag {
	out := []types.Tag{}
	for _, t := range x.Tags {
		out = append(out, types.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
	}
	return out
}

package acm

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// maxTags is how many tags a certificate can have.
const maxTags = 50

func readTags(tags []types.Tag) (map[string]string, error) {
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		key, value := get(t.Key), get(t.Value)
		switch {
		case key == "" || len([]rune(key)) > 128 || len([]rune(value)) > 256:
			return nil, wire.Errorf("InvalidTagException", "A tag key must have between 1 and 128 characters, its value at most 256.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, wire.Errorf("InvalidTagException", "aws: prefixed tag key names are not allowed for external use.")
		}
		out[key] = value
	}
	if len(out) > maxTags {
		return nil, tooMany()
	}
	return out, nil
}

func tooMany() error {
	return wire.Errorf("TooManyTagsException", "A certificate can have at most %d tags.", maxTags)
}

// AddTagsToCertificate adds tags; a key that exists gets the new value.
func (s *Service) AddTagsToCertificate(ctx context.Context, in *acm.AddTagsToCertificateInput) (*acm.AddTagsToCertificateOutput, error) {
	return &acm.AddTagsToCertificateOutput{}, s.addTags(ctx, in.CertificateArn, in.Tags)
}

// TagResource is AddTagsToCertificate by its newer name.
func (s *Service) TagResource(ctx context.Context, in *acm.TagResourceInput) (*acm.TagResourceOutput, error) {
	return &acm.TagResourceOutput{}, s.addTags(ctx, in.ResourceArn, in.Tags)
}

func (s *Service) addTags(ctx context.Context, certificate *string, tags []types.Tag) error {
	if len(tags) == 0 {
		return invalid("At least one tag must be specified.")
	}
	more, err := readTags(tags)
	if err != nil {
		return err
	}
	return s.change(ctx, certificate, func(c *elb.Certificate) error {
		next := make(map[string]string, len(c.Tags)+len(more))
		maps.Copy(next, c.Tags)
		maps.Copy(next, more)
		if len(next) > maxTags {
			return tooMany()
		}
		c.Tags = next
		return nil
	})
}

// RemoveTagsFromCertificate removes tags: those with the given keys and, where a
// value is given, that value.
func (s *Service) RemoveTagsFromCertificate(ctx context.Context, in *acm.RemoveTagsFromCertificateInput) (*acm.RemoveTagsFromCertificateOutput, error) {
	return &acm.RemoveTagsFromCertificateOutput{}, s.removeTags(ctx, in.CertificateArn, func(key, value string) bool {
		return slices.ContainsFunc(in.Tags, func(t types.Tag) bool { return get(t.Key) == key && (t.Value == nil || *t.Value == value) })
	})
}

// UntagResource removes tags by key.
func (s *Service) UntagResource(ctx context.Context, in *acm.UntagResourceInput) (*acm.UntagResourceOutput, error) {
	return &acm.UntagResourceOutput{}, s.removeTags(ctx, in.ResourceArn, func(key, _ string) bool { return slices.Contains(in.TagKeys, key) })
}

func (s *Service) removeTags(ctx context.Context, certificate *string, drop func(key, value string) bool) error {
	return s.change(ctx, certificate, func(c *elb.Certificate) error {
		c.Tags = maps.Clone(c.Tags)
		maps.DeleteFunc(c.Tags, drop)
		return nil
	})
}

// ListTagsForCertificate lists the tags of a certificate.
func (s *Service) ListTagsForCertificate(ctx context.Context, in *acm.ListTagsForCertificateInput) (*acm.ListTagsForCertificateOutput, error) {
	tags, err := s.tags(ctx, in.CertificateArn)
	return &acm.ListTagsForCertificateOutput{Tags: tags}, err
}

// ListTagsForResource is ListTagsForCertificate by its newer name.
func (s *Service) ListTagsForResource(ctx context.Context, in *acm.ListTagsForResourceInput) (*acm.ListTagsForResourceOutput, error) {
	tags, err := s.tags(ctx, in.ResourceArn)
	return &acm.ListTagsForResourceOutput{Tags: tags}, err
}

func (s *Service) tags(ctx context.Context, certificate *string) ([]types.Tag, error) {
	out := []types.Tag{}
	err := s.view(ctx, certificate, func(_ *store.Tx, c *elb.Certificate) {
		for _, key := range slices.Sorted(maps.Keys(c.Tags)) {
			out = append(out, types.Tag{Key: aws.String(key), Value: aws.String(c.Tags[key])})
		}
	})
	return out, err
}

package elbv2

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// maxTags is how many tags a resource can have.
const maxTags = 50

// readTags validates the tags of a request.
func readTags(tags []types.Tag) (map[string]string, error) {
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		key, value := get(t.Key), get(t.Value)
		switch {
		case key == "" || len([]rune(key)) > 128:
			return nil, invalid("A tag key must have between 1 and 128 characters")
		case len([]rune(value)) > 256:
			return nil, invalid("The value of tag '%s' is longer than 256 characters", key)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalid("Tag keys that begin with 'aws:' are reserved")
		}
		if _, twice := out[key]; twice {
			return nil, wire.Errorf("DuplicateTagKeysException", "A tag key was specified more than once: '%s'", key)
		}
		out[key] = value
	}
	if len(out) > maxTags {
		return nil, tooManyTags()
	}
	return out, nil
}

func tooManyTags() error {
	return wire.Errorf("TooManyTagsException", "A resource can have at most %d tags", maxTags)
}

// tagged is a resource whose tags can be changed.
type tagged struct {
	tags map[string]string
	put  func(tags map[string]string)
}

// find returns the tagged resource with an ARN.
func find(ctx context.Context, tx *store.Tx, resource string) (tagged, error) {
	a, ok := arn.Parse(resource)
	kind, _, _ := strings.Cut(a.Resource, "/")
	if !ok || a.Service != elb.Service {
		kind = ""
	}
	switch kind {
	case "loadbalancer":
		lb, err := loadBalancer(ctx, tx, &resource)
		if err != nil {
			return tagged{}, err
		}
		return tagged{lb.Tags, func(t map[string]string) { next := *lb; next.Tags = t; elb.PutLoadBalancer(tx, &next) }}, nil
	case "targetgroup":
		g, err := targetGroup(ctx, tx, &resource)
		if err != nil {
			return tagged{}, err
		}
		return tagged{g.Tags, func(t map[string]string) { next := *g; next.Tags = t; elb.PutGroup(tx, &next) }}, nil
	case "listener":
		l, err := listener(ctx, tx, &resource)
		if err != nil {
			return tagged{}, err
		}
		return tagged{l.Tags, func(t map[string]string) { next := *l; next.Tags = t; elb.PutListener(tx, &next) }}, nil
	case "listener-rule":
		r, err := rule(ctx, tx, &resource)
		if err != nil {
			return tagged{}, err
		}
		return tagged{r.Tags, func(t map[string]string) { next := *r; next.Tags = t; elb.PutRule(tx, &next) }}, nil
	case "truststore":
		return tagged{}, noTrustStore()
	}
	return tagged{}, invalid("'%s' is not a valid ARN of Elastic Load Balancing", resource)
}

// AddTags adds tags to resources; a key that exists gets the new value.
func (s *Service) AddTags(ctx context.Context, in *elasticloadbalancingv2.AddTagsInput) (*elasticloadbalancingv2.AddTagsOutput, error) {
	if len(in.ResourceArns) == 0 || len(in.Tags) == 0 {
		return nil, invalid("At least one resource and one tag must be specified")
	}
	more, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	return &elasticloadbalancingv2.AddTagsOutput{}, s.update(func(tx *store.Tx) error {
		for _, resource := range in.ResourceArns {
			r, err := find(ctx, tx, resource)
			if err != nil {
				return err
			}
			tags := make(map[string]string, len(r.tags)+len(more))
			maps.Copy(tags, r.tags)
			maps.Copy(tags, more)
			if len(tags) > maxTags {
				return tooManyTags()
			}
			r.put(tags)
		}
		return nil
	})
}

// RemoveTags removes tags; keys that a resource does not have are no error.
func (s *Service) RemoveTags(ctx context.Context, in *elasticloadbalancingv2.RemoveTagsInput) (*elasticloadbalancingv2.RemoveTagsOutput, error) {
	if len(in.ResourceArns) == 0 || len(in.TagKeys) == 0 {
		return nil, invalid("At least one resource and one tag key must be specified")
	}
	return &elasticloadbalancingv2.RemoveTagsOutput{}, s.update(func(tx *store.Tx) error {
		for _, resource := range in.ResourceArns {
			r, err := find(ctx, tx, resource)
			if err != nil {
				return err
			}
			tags := maps.Clone(r.tags)
			maps.DeleteFunc(tags, func(key, _ string) bool { return slices.Contains(in.TagKeys, key) })
			r.put(tags)
		}
		return nil
	})
}

// DescribeTags lists the tags of up to 20 resources.
func (s *Service) DescribeTags(ctx context.Context, in *elasticloadbalancingv2.DescribeTagsInput) (*elasticloadbalancingv2.DescribeTagsOutput, error) {
	if n := len(in.ResourceArns); n == 0 || n > 20 {
		return nil, invalid("Between 1 and 20 resources must be specified")
	}
	out := &elasticloadbalancingv2.DescribeTagsOutput{TagDescriptions: []types.TagDescription{}}
	var err error
	s.o.Store.View(func(tx *store.Tx) {
		for _, resource := range in.ResourceArns {
			var r tagged
			if r, err = find(ctx, tx, resource); err != nil {
				return
			}
			out.TagDescriptions = append(out.TagDescriptions, types.TagDescription{ResourceArn: aws.String(resource), Tags: showTags(r.tags)})
		}
	})
	return out, err
}

func showTags(tags map[string]string) []types.Tag {
	out := []types.Tag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return out
}

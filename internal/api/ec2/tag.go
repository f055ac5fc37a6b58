package ec2

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Tag is a key and a value.
type Tag struct{ Key, Value *string }

// TagSpecification gives a resource its tags when it is created.
type TagSpecification struct {
	ResourceType *string
	Tags         []Tag `wire:"Tag"`
}

// tagSet are the tags of a resource of any kind.
type tagSet map[string]string

var tagSets = store.NewTable[tagSet]("ec2.tags")

// resourceTypes are the kinds that carry tags, by the prefix of their ids.
var resourceTypes = map[string]string{
	"vpc": "vpc", "subnet": "subnet", "sg": "security-group", "sgr": "security-group-rule", "igw": "internet-gateway",
	"rtb": "route-table", "nat": "natgateway", "eipalloc": "elastic-ip", "acl": "network-acl", "eni": "network-interface", "i": "instance",
}

func typeOf(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return resourceTypes[prefix]
}

func tagsOf(t tx, id string) tagSet {
	set, ok := tagSets.Get(t.Tx, t.Key(id))
	if !ok {
		return nil
	}
	return *set
}

// maxTags is AWS's limit for a resource.
const maxTags = 50

// addTags adds tags to a resource.
func addTags(t tx, id string, tags []Tag) error {
	if len(tags) == 0 {
		return nil
	}
	set := maps.Clone(tagsOf(t, id))
	if set == nil {
		set = tagSet{}
	}
	for _, tag := range tags {
		key := aws.ToString(tag.Key)
		switch {
		case key == "":
			return wire.Errorf("InvalidParameterValue", "Tag keys must not be empty")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return wire.Errorf("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case len(key) > 127 || len(aws.ToString(tag.Value)) > 255:
			return wire.Errorf("InvalidParameterValue", "Tag keys have at most 127 characters and values 255")
		}
		set[key] = aws.ToString(tag.Value)
	}
	if len(set) > maxTags {
		return wire.Errorf("TagLimitExceeded", "The maximum number of Tags for a resource has been reached: %d", maxTags)
	}
	tagSets.Put(t.Tx, t.Key(id), &set)
	return nil
}

// specify gives a new resource the tags of its specifications.
func specify(t tx, id string, specs []TagSpecification) error {
	for _, spec := range specs {
		if rt := aws.ToString(spec.ResourceType); rt != typeOf(id) {
			return wire.Errorf("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", rt)
		}
		if err := addTags(t, id, spec.Tags); err != nil {
			return err
		}
	}
	return nil
}

// showTags are the tags in an answer, sorted by key.
func showTags(t tx, id string) []Tag {
	set := tagsOf(t, id)
	tags := []Tag{}
	for _, k := range slices.Sorted(maps.Keys(set)) {
		tags = append(tags, Tag{aws.String(k), aws.String(set[k])})
	}
	return tags
}

// CreateTagsInput names resources and tags.
type CreateTagsInput struct {
	Resources []string `wire:"ResourceId"`
	Tags      []Tag    `wire:"Tag"`
}

// CreateTags adds tags to resources.
func (s *Service) CreateTags(ctx context.Context, in *CreateTagsInput) (*Ok, error) {
	if len(in.Resources) == 0 {
		return nil, missing("resourceIdSet")
	}
	return done(s.update(ctx, func(t tx) error {
		for _, id := range in.Resources {
			if err := s.exists(t, id); err != nil {
				return err
			}
			if err := addTags(t, id, in.Tags); err != nil {
				return err
			}
		}
		return nil
	}))
}

// exists finds a resource of any kind.
func (s *Service) exists(t tx, id string) error {
	find := map[string]func() error{
		"vpc":               func() error { _, err := vpcs.get(t, &id, "id"); return err },
		"subnet":            func() error { _, err := subnets.get(t, &id, "id"); return err },
		"security-group":    func() error { _, err := groups.get(t, &id, "id"); return err },
		"internet-gateway":  func() error { _, err := gateways.get(t, &id, "id"); return err },
		"route-table":       func() error { _, err := routeTables.get(t, &id, "id"); return err },
		"natgateway":        func() error { _, err := nats.get(t, &id, "id"); return err },
		"elastic-ip":        func() error { _, err := addresses.get(t, &id, "id"); return err },
		"network-acl":       func() error { _, err := acls.get(t, &id, "id"); return err },
		"network-interface": func() error { _, err := s.findInterface(t, id); return err },
		"instance":          func() error { _, err := s.findInstance(t, id); return err },
		"security-group-rule": func() error {
			if _, _, ok := findRule(t, id); !ok {
				return noRule(id)
			}
			return nil
		},
	}[typeOf(id)]
	if find == nil {
		return wire.Errorf("InvalidID", "The ID '%s' is not valid", id)
	}
	return find()
}

// DeleteTagsInput names resources and tags; a tag with a value goes only if it
// has that value, and no tags at all means every tag.
type DeleteTagsInput struct {
	Resources []string `wire:"ResourceId"`
	Tags      []Tag    `wire:"Tag"`
}

// DeleteTags removes tags.
func (s *Service) DeleteTags(ctx context.Context, in *DeleteTagsInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		for _, id := range in.Resources {
			set := maps.Clone(tagsOf(t, id))
			if set == nil {
				continue
			}
			if len(in.Tags) == 0 {
				clear(set)
			}
			for _, tag := range in.Tags {
				key := aws.ToString(tag.Key)
				if tag.Value == nil || set[key] == *tag.Value {
					delete(set, key)
				}
			}
			tagSets.Put(t.Tx, t.Key(id), &set)
		}
		return nil
	}))
}

// DescribeTagsInput selects tags.
type DescribeTagsInput struct {
	Filters    []Filter `wire:"Filter"`
	MaxResults *int32
	NextToken  *string
}

// DescribeTagsOutput holds tags with their resources.
type DescribeTagsOutput struct {
	Tags      []TagDescription `wire:"tagSet"`
	NextToken *string
}

// TagDescription is one tag of one resource.
type TagDescription struct{ ResourceId, ResourceType, Key, Value *string }

// DescribeTags lists tags by resource, then key.
func (s *Service) DescribeTags(ctx context.Context, in *DescribeTagsInput) (*DescribeTagsOutput, error) {
	all := []TagDescription{}
	err := s.view(ctx, func(t tx) error {
		for key, set := range tagSets.Prefix(t.Tx, t.Key("")) {
			id := key[len(t.Key("")):]
			for _, k := range slices.Sorted(maps.Keys(*set)) {
				d := TagDescription{aws.String(id), aws.String(typeOf(id)), aws.String(k), aws.String((*set)[k])}
				ok, err := matches(t, id, in.Filters, d.values)
				if err != nil {
					return err
				}
				if ok {
					all = append(all, d)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	got, next, err := pageOf(all, query{max: in.MaxResults, nextToken: in.NextToken})
	return &DescribeTagsOutput{Tags: got, NextToken: next}, err
}

func (d *TagDescription) values(filter string) ([]string, bool) {
	switch filter {
	case "resource-id":
		return one(*d.ResourceId)
	case "resource-type":
		return one(*d.ResourceType)
	case "key":
		return one(*d.Key)
	case "value":
		return one(*d.Value)
	}
	return nil, false
}

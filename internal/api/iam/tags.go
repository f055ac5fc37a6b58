package iam

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// maxTags is AWS's limit for an entity.
const maxTags = 50

// tagged returns old with the tags of add; it changes neither.
func tagged(old map[string]string, add []types.Tag) (map[string]string, error) {
	tags := maps.Clone(old)
	if tags == nil {
		tags = map[string]string{}
	}
	for _, t := range add {
		key := aws.ToString(t.Key)
		if key == "" || len(key) > 128 || len(aws.ToString(t.Value)) > 256 {
			return nil, invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: keys have 1 to 128 characters, values at most 256")
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalid("Tag keys must not begin with aws:")
		}
		tags[key] = aws.ToString(t.Value)
	}
	if len(tags) > maxTags {
		return nil, limit("Cannot exceed quota for tags: %d", maxTags)
	}
	return tags, nil
}

// untagged returns old without the tags of the keys.
func untagged(old map[string]string, keys []string) map[string]string {
	tags := maps.Clone(old)
	for _, k := range keys {
		delete(tags, k)
	}
	return tags
}

// tagList is the form of answers, sorted; nil when there are none, as AWS leaves
// the member out.
func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return list
}

func tagKey(t types.Tag) string { return *t.Key }

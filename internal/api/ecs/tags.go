package ecs

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const maxTags = 50

// checkTags checks tags by ECS's rules.
func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return invalid("A resource can have at most %d tags; there were %d.", maxTags, len(tags))
	}
	seen := map[string]bool{}
	for _, t := range tags {
		key := get(t.Key)
		switch n := utf8.RuneCountInString(key); {
		case n < 1 || n > 128:
			return invalid("A tag key must have 1 to 128 characters; '%s' has %d.", clip(key), n)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalid("Tag keys cannot start with the prefix aws:, which is reserved; the key was '%s'.", clip(key))
		case utf8.RuneCountInString(get(t.Value)) > 256:
			return invalid("The value of the tag '%s' is longer than 256 characters.", key)
		case seen[key]:
			return invalid("The tag key '%s' is given more than once.", clip(key))
		}
		seen[key] = true
	}
	return nil
}

// mergeTags adds tags to others; equal keys get the new value.
func mergeTags(old, add []types.Tag) []types.Tag {
	out := slices.Clone(old)
	for _, t := range add {
		i := slices.IndexFunc(out, func(x types.Tag) bool { return get(x.Key) == get(t.Key) })
		if i >= 0 {
			out[i] = t
		} else {
			out = append(out, t)
		}
	}
	return out
}

// dropTags removes keys.
func dropTags(old []types.Tag, keys []string) []types.Tag {
	return slices.DeleteFunc(slices.Clone(old), func(t types.Tag) bool { return slices.Contains(keys, get(t.Key)) })
}

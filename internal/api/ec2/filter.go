package ec2

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/wire"
)

// Filter selects what a Describe operation shows: any of the values must match,
// with * and ? as wildcards.
type Filter struct {
	Name   *string
	Values []string `wire:"Value"`
}

// matches says whether a resource passes all filters. Tags are the same for
// every kind; values knows the rest.
func matches(t tx, id string, filters []Filter, values func(filter string) ([]string, bool)) (bool, error) {
	for _, f := range filters {
		name := aws.ToString(f.Name)
		got, known := tagValues(t, id, name)
		if !known {
			got, known = values(name)
		}
		if !known {
			return false, wire.Errorf("InvalidParameterValue", "The filter '%s' is invalid", name)
		}
		if !slices.ContainsFunc(got, func(v string) bool {
			return slices.ContainsFunc(f.Values, func(pattern string) bool { return wildcard(pattern, v) })
		}) {
			return false, nil
		}
	}
	return true, nil
}

func tagValues(t tx, id, filter string) ([]string, bool) {
	key, one := strings.CutPrefix(filter, "tag:")
	if t.Tx == nil || !one && filter != "tag-key" && filter != "tag-value" {
		return nil, false
	}
	var out []string
	for k, v := range tagsOf(t, id) {
		switch {
		case one && k == key, filter == "tag-value":
			out = append(out, v)
		case filter == "tag-key":
			out = append(out, k)
		}
	}
	return out, true
}

// wildcard compares s with a pattern of *, ? and backslash escapes, in time
// linear for each star.
func wildcard(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			p, i = p+1, i+1
		case p+1 < len(pattern) && pattern[p] == '\\' && pattern[p+1] == s[i]:
			p, i = p+2, i+1
		case p < len(pattern) && pattern[p] == s[i]:
			p, i = p+1, i+1
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func one(s string) ([]string, bool) { return []string{s}, true }

func yesno(b bool) ([]string, bool) { return []string{strconv.FormatBool(b)}, true }

package ssm

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/wire"
)

// filters are ParameterFilters; a parameter must pass all of them.
type filters []types.ParameterStringFilter

// options are what a filter's Option may say, by key; the first is the default.
var options = map[string][]string{
	"Name": {"Equals", "BeginsWith", "Contains"}, "Type": {"Equals", "BeginsWith"}, "KeyId": {"Equals", "BeginsWith"},
	"Path": {"OneLevel", "Recursive"}, "Tier": {"Equals"}, "DataType": {"Equals"}, "Label": {"Equals"},
}

// parseFilters checks keys and options.
func parseFilters(in []types.ParameterStringFilter, keys []string) (filters, error) {
	out := make(filters, len(in))
	seen := map[string]bool{}
	for i, f := range in {
		key := aws.ToString(f.Key)
		isTag := strings.HasPrefix(key, "tag:")
		if !slices.Contains(keys, key) && !(isTag && slices.Contains(keys, "tag:")) {
			return nil, wire.Errorf("InvalidFilterKey", "The following filter key is not valid: %s. Valid filter keys include: [%s].", key, strings.Join(keys, ", "))
		}
		if seen[key] {
			return nil, wire.Errorf("InvalidFilterKey", "The following filter is duplicated in the request: %s. A request can contain only one instance of a specific filter.", key)
		}
		seen[key] = true
		allowed := options[key]
		if isTag {
			allowed = []string{"Equals"}
		}
		if aws.ToString(f.Option) == "" {
			f.Option = aws.String(allowed[0])
		}
		if !slices.Contains(allowed, *f.Option) {
			return nil, wire.Errorf("InvalidFilterOption", "The following filter option is not valid: %s. Valid options include: [%s].", *f.Option, strings.Join(allowed, ", "))
		}
		if len(f.Values) == 0 && !isTag {
			return nil, wire.Errorf("InvalidFilterValue", "The following filter values are missing : null for filter key %s.", key)
		}
		out[i] = f
	}
	return out, nil
}

func (fs filters) match(p *secret.Parameter) bool {
	for _, f := range fs {
		if !matches(f, p) {
			return false
		}
	}
	return true
}

func matches(f types.ParameterStringFilter, p *secret.Parameter) bool {
	v := p.Latest()
	switch key := *f.Key; key {
	case "Name":
		return anyOf(f, p.Name) || anyOf(f, strings.TrimPrefix(p.Name, "/"))
	case "Type":
		return anyOf(f, p.Type)
	case "KeyId":
		return p.Type == string(types.ParameterTypeSecureString) && anyOf(f, v.KeyID)
	case "Tier":
		return anyOf(f, v.Tier)
	case "DataType":
		return anyOf(f, v.DataType)
	case "Path":
		return slices.ContainsFunc(f.Values, func(path string) bool { return below(p.Name, path, *f.Option == "Recursive") })
	case "Label":
		return slices.ContainsFunc(p.Versions, func(v secret.ParameterVersion) bool {
			return slices.ContainsFunc(v.Labels, func(l string) bool { return anyOf(f, l) })
		})
	default: // tag:…
		value, ok := p.Tags[strings.TrimPrefix(key, "tag:")]
		return ok && (len(f.Values) == 0 || anyOf(f, value))
	}
}

func anyOf(f types.ParameterStringFilter, value string) bool {
	return slices.ContainsFunc(f.Values, func(want string) bool {
		switch *f.Option {
		case "BeginsWith":
			return strings.HasPrefix(value, want)
		case "Contains":
			return strings.Contains(value, want)
		}
		return value == want
	})
}

// version is the one that a Label filter chooses, else the newest.
func (fs filters) version(p *secret.Parameter) *secret.ParameterVersion {
	for _, f := range fs {
		if *f.Key != "Label" {
			continue
		}
		for i := len(p.Versions) - 1; i >= 0; i-- {
			v := &p.Versions[i]
			if slices.ContainsFunc(v.Labels, func(l string) bool { return anyOf(f, l) }) {
				return v
			}
		}
	}
	return p.Latest()
}

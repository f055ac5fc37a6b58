package elbv2

import (
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// transforms validates the transforms of a rule: at most one of each type, with
// one rewrite.
func transforms(given []types.RuleTransform) error {
	seen := map[types.TransformTypeEnum]bool{}
	for _, t := range given {
		if !slices.Contains(t.Type.Values(), t.Type) {
			return invalid("'%s' is not a valid transform type", t.Type)
		}
		if seen[t.Type] {
			return invalid("A rule can have one transform of type '%s'", t.Type)
		}
		seen[t.Type] = true
		var rewrites []types.RewriteConfig
		switch {
		case t.HostHeaderRewriteConfig != nil && t.UrlRewriteConfig != nil:
			return invalid("A transform can have one configuration")
		case t.Type == types.TransformTypeEnumHostHeaderRewrite && t.HostHeaderRewriteConfig != nil:
			rewrites = t.HostHeaderRewriteConfig.Rewrites
		case t.Type == types.TransformTypeEnumUrlRewrite && t.UrlRewriteConfig != nil:
			rewrites = t.UrlRewriteConfig.Rewrites
		}
		if len(rewrites) != 1 {
			return invalid("A transform of type '%s' must have exactly one rewrite in its configuration", t.Type)
		}
		regex, replace := get(rewrites[0].Regex), get(rewrites[0].Replace)
		if regex == "" || len(regex) > 1024 || len(replace) > 1024 {
			return invalid("The regular expression of a rewrite must have between 1 and 1024 characters, its replacement at most 1024")
		}
		if _, err := regexp.Compile(regex); err != nil {
			return invalid("The regular expression '%s' is not valid", regex)
		}
	}
	return nil
}

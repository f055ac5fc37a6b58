package elbv2

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// conditions validates the conditions of a rule and brings them into the form in
// which they are stored and echoed.
func conditions(given []types.RuleCondition) ([]types.RuleCondition, error) {
	if len(given) == 0 {
		return nil, invalid("You must specify at least one condition")
	}
	var out []types.RuleCondition
	values, wildcards := 0, 0
	seen := map[string]bool{}
	for i := range given {
		next, err := condition(&given[i])
		if err != nil {
			return nil, err
		}
		field := get(next.Field)
		if seen[field] && field != "http-header" && field != "query-string" {
			return nil, invalid("A rule can only have one '%s' condition", field)
		}
		seen[field] = true
		n, w := countValues(&next)
		values, wildcards = values+n, wildcards+w
		out = append(out, next)
	}
	if values > maxConditionValues {
		return nil, invalid("A rule can only have '%d' condition values", maxConditionValues)
	}
	if wildcards > maxWildcards {
		return nil, invalid("A rule can only have '%d' wildcards", maxWildcards)
	}
	return out, nil
}

// condition validates one condition. Host and path conditions carry their values
// twice, at the top and in their configuration, however they were given.
func condition(c *types.RuleCondition) (types.RuleCondition, error) {
	out := types.RuleCondition{Field: c.Field}
	if err := oneConfig(c); err != nil {
		return out, err
	}
	var err error
	switch get(c.Field) {
	case "host-header":
		var v, r []string
		if c.HostHeaderConfig != nil {
			v, r = c.HostHeaderConfig.Values, c.HostHeaderConfig.RegexValues
		}
		if out.Values, out.RegexValues, err = pick(c, v, r); err == nil {
			err = checkEach(out.Values, "host header", validHost)
		}
		out.HostHeaderConfig = &types.HostHeaderConditionConfig{Values: out.Values, RegexValues: out.RegexValues}
	case "path-pattern":
		var v, r []string
		if c.PathPatternConfig != nil {
			v, r = c.PathPatternConfig.Values, c.PathPatternConfig.RegexValues
		}
		if out.Values, out.RegexValues, err = pick(c, v, r); err == nil {
			err = checkEach(out.Values, "path pattern", func(s string) bool { return len(s) <= 128 && only(s, `_-.$/~"'@:+&*?`) })
		}
		out.PathPatternConfig = &types.PathPatternConditionConfig{Values: out.Values, RegexValues: out.RegexValues}
	case "http-header":
		out.HttpHeaderConfig, err = httpHeader(c)
	case "http-request-method":
		out.HttpRequestMethodConfig, err = method(c)
	case "query-string":
		out.QueryStringConfig, err = queryString(c)
	case "source-ip":
		out.SourceIpConfig, err = sourceIP(c)
	default:
		err = invalid("Condition field '%s' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'", get(c.Field))
	}
	return out, err
}

// oneConfig refuses the configuration of another field.
func oneConfig(c *types.RuleCondition) error {
	for field, given := range map[string]bool{
		"host-header": c.HostHeaderConfig != nil, "path-pattern": c.PathPatternConfig != nil, "http-header": c.HttpHeaderConfig != nil,
		"http-request-method": c.HttpRequestMethodConfig != nil, "query-string": c.QueryStringConfig != nil, "source-ip": c.SourceIpConfig != nil,
	} {
		if given && field != get(c.Field) {
			return invalid("The configuration of a '%s' condition cannot be specified for the field '%s'", field, get(c.Field))
		}
	}
	if top := len(c.Values)+len(c.RegexValues) > 0; top && get(c.Field) != "host-header" && get(c.Field) != "path-pattern" {
		return invalid("Values of a '%s' condition must be specified in its configuration", get(c.Field))
	}
	return nil
}

// pick returns the values of a condition, given at the top or in its
// configuration but not both, as plain values or as regular expressions.
func pick(c *types.RuleCondition, values, regex []string) (v, r []string, err error) {
	top, config := len(c.Values)+len(c.RegexValues) > 0, len(values)+len(regex) > 0
	// Clients send back what was echoed: the same values in both places.
	if top && config && (!slices.Equal(c.Values, values) || !slices.Equal(c.RegexValues, regex)) {
		return nil, nil, invalid("Condition values can be specified in Values or in the configuration of the field, but not in both")
	}
	if top {
		values, regex = c.Values, c.RegexValues
	}
	return values, regex, checkKinds(values, regex)
}

// checkKinds: either values or regular expressions, and valid ones.
func checkKinds(values, regex []string) error {
	switch {
	case len(values)+len(regex) == 0:
		return invalid("A condition value must be specified")
	case len(values) > 0 && len(regex) > 0:
		return invalid("A condition can have values or regular expressions, but not both")
	}
	for _, r := range regex {
		if len(r) == 0 || len(r) > 128 {
			return invalid("The regular expression '%s' must have between 1 and 128 characters", r)
		}
		if _, err := regexp.Compile(r); err != nil || strings.Contains(r, `\p`) || strings.Contains(r, `\P`) {
			return invalid("The regular expression '%s' is not valid", r)
		}
	}
	return nil
}

func checkEach(values []string, what string, valid func(string) bool) error {
	for _, v := range values {
		if v == "" || !valid(v) {
			return invalid("The %s value '%s' is not valid", what, v)
		}
	}
	return nil
}

// validHost: at least one dot, and after the last one letters or wildcards only.
func validHost(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 || len(s) > 128 || !only(s, "-.*?") {
		return false
	}
	last := s[dot+1:]
	return last != "" && !strings.ContainsAny(last, "0123456789-")
}

func httpHeader(c *types.RuleCondition) (*types.HttpHeaderConditionConfig, error) {
	h := c.HttpHeaderConfig
	if h == nil {
		return nil, invalid("A condition value must be specified")
	}
	name := get(h.HttpHeaderName)
	switch {
	case name == "" || len(name) > 40 || !only(name, "!#$%&'*+-.^_`|~"):
		return nil, invalid("The HTTP header name '%s' is not valid", name)
	case strings.EqualFold(name, "host"):
		return nil, invalid("The Host header cannot be used in an 'http-header' condition; use 'host-header'")
	}
	if err := checkKinds(h.Values, h.RegexValues); err != nil {
		return nil, err
	}
	return h, checkEach(h.Values, "HTTP header", visible)
}

// visible tells whether s is at most 128 visible characters and spaces.
func visible(s string) bool {
	return len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f })
}

func method(c *types.RuleCondition) (*types.HttpRequestMethodConditionConfig, error) {
	m := c.HttpRequestMethodConfig
	if m == nil || len(m.Values) == 0 {
		return nil, invalid("A condition value must be specified")
	}
	return m, checkEach(m.Values, "HTTP request method", func(s string) bool {
		return len(s) <= 40 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == "" && only(s, "-_")
	})
}

func queryString(c *types.RuleCondition) (*types.QueryStringConditionConfig, error) {
	q := c.QueryStringConfig
	if q == nil || len(q.Values) == 0 {
		return nil, invalid("A condition value must be specified")
	}
	for _, kv := range q.Values {
		if get(kv.Value) == "" || !visible(get(kv.Value)) || !visible(get(kv.Key)) {
			return nil, invalid("The query string value '%s=%s' is not valid", get(kv.Key), get(kv.Value))
		}
	}
	return q, nil
}

func sourceIP(c *types.RuleCondition) (*types.SourceIpConditionConfig, error) {
	s := c.SourceIpConfig
	if s == nil || len(s.Values) == 0 {
		return nil, invalid("A condition value must be specified")
	}
	return s, checkEach(s.Values, "source IP", func(v string) bool {
		p, err := netip.ParsePrefix(v)
		return err == nil && p.String() != "255.255.255.255/32"
	})
}

// countValues counts the values and the wildcard characters of a condition.
func countValues(c *types.RuleCondition) (values, wildcards int) {
	plain, regex := c.Values, c.RegexValues
	switch {
	case c.HttpHeaderConfig != nil:
		plain, regex = c.HttpHeaderConfig.Values, c.HttpHeaderConfig.RegexValues
	case c.HttpRequestMethodConfig != nil:
		return len(c.HttpRequestMethodConfig.Values), 0
	case c.SourceIpConfig != nil:
		return len(c.SourceIpConfig.Values), 0
	case c.QueryStringConfig != nil:
		for _, kv := range c.QueryStringConfig.Values {
			plain = append(plain, get(kv.Key)+"\x00"+get(kv.Value))
		}
	}
	for _, v := range plain {
		v = strings.NewReplacer(`\*`, "", `\?`, "").Replace(v)
		wildcards += strings.Count(v, "*") + strings.Count(v, "?")
	}
	return len(plain) + len(regex), wildcards
}

package route

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// condition is one compiled condition of a rule: any of its values suffices.
type condition interface {
	match(*Request) bool
}

// compileCondition compiles one condition.
func compileCondition(c *Condition) (condition, error) {
	if c.Field == "query-string" {
		return compileQuery(c.Query), nil
	}
	if c.Field == "source-ip" {
		return compileSource(c.Values)
	}
	if c.Field == "http-request-method" {
		return methodCondition(c.Values), nil
	}
	fold := c.Field != "path-pattern"
	values, err := compileValues(c, fold)
	if err != nil {
		return nil, err
	}
	switch c.Field {
	case "path-pattern":
		return &pathCondition{values}, nil
	case "host-header":
		return &hostCondition{values}, nil
	case "http-header":
		return &headerCondition{strings.ToLower(c.Header), values}, nil
	}
	return nil, fmt.Errorf("unknown condition field %q", c.Field)
}

// values are the alternatives of one condition, wildcards or regular expressions.
type values struct {
	wild  []wildcard
	regex []*regexp.Regexp
}

// compileValues compiles a condition's alternatives. Regular expressions of
// host-header and http-header ignore case as their wildcards do.
func compileValues(c *Condition, fold bool) (values, error) {
	var v values
	for _, pattern := range c.Values {
		v.wild = append(v.wild, compileWildcard(pattern, fold, false))
	}
	for _, pattern := range c.Regex {
		if fold {
			pattern = "(?i)" + pattern
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return v, fmt.Errorf("condition %s: %w", c.Field, err)
		}
		v.regex = append(v.regex, re)
	}
	return v, nil
}

func (v *values) match(s string) bool {
	s = visible(s)
	for i := range v.wild {
		if v.wild[i].match(s) {
			return true
		}
	}
	for _, re := range v.regex {
		if re.MatchString(s) {
			return true
		}
	}
	return false
}

// pathCondition compares the path alone, case-sensitively.
type pathCondition struct{ values }

func (c *pathCondition) match(r *Request) bool { return c.values.match(r.Path) }

// hostCondition ignores case and port.
type hostCondition struct{ values }

func (c *hostCondition) match(r *Request) bool { return c.values.match(HostName(r.Host)) }

// headerCondition is met by any occurrence of the header.
type headerCondition struct {
	name string
	values
}

func (c *headerCondition) match(r *Request) bool {
	if r.Headers == nil {
		return false
	}
	for at := 0; ; {
		value, next := r.Headers.Next(c.name, at)
		if next < 0 {
			return false
		}
		if c.values.match(value) {
			return true
		}
		at = next
	}
}

// methodCondition compares exactly, with case.
type methodCondition []string

func (c methodCondition) match(r *Request) bool {
	for _, m := range c {
		if m == r.Method {
			return true
		}
	}
	return false
}

// sourceCondition looks at the TCP peer, never at X-Forwarded-For.
type sourceCondition []netip.Prefix

func compileSource(cidrs []string) (condition, error) {
	var c sourceCondition
	for _, s := range cidrs {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("condition source-ip: %w", err)
		}
		c = append(c, p.Masked())
	}
	return c, nil
}

func (c sourceCondition) match(r *Request) bool {
	source := r.Source.Unmap().WithZone("")
	for _, p := range c {
		if p.Contains(source) {
			return true
		}
	}
	return false
}

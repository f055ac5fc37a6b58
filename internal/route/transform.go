package route

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrTransform is the result of a transform that made something invalid; the
// load balancer answers it with 500.
var ErrTransform = errors.New("route: the transform made an invalid host or URL")

// transform is a compiled rewrite of host or URL.
type transform struct {
	host    bool
	regex   *regexp.Regexp
	replace string
}

func compileTransform(t *Transform) (transform, error) {
	var c transform
	switch t.Type {
	case "host-header-rewrite":
		c.host = true
	case "url-rewrite":
	default:
		return c, fmt.Errorf("unknown transform type %q", t.Type)
	}
	re, err := regexp.Compile(t.Regex)
	if err != nil {
		return c, fmt.Errorf("transform %s: %w", t.Type, err)
	}
	c.regex, c.replace = re, t.Replace
	return c, nil
}

// Rewrite applies the rule's transforms to the host and to the URL (path and
// query) that the target is sent. A regular expression that does not match
// leaves them as they are.
func (c *CompiledRule) Rewrite(host, url string) (newHost, newURL string, err error) {
	for i := range c.transforms {
		t := &c.transforms[i]
		if t.host {
			host = t.apply(host)
			if !validHost(host) {
				return "", "", ErrTransform
			}
			continue
		}
		url = t.apply(url)
		if !validURL(url) {
			return "", "", ErrTransform
		}
	}
	return host, url, nil
}

// Transformed reports whether the rule has transforms at all.
func (c *CompiledRule) Transformed() bool { return len(c.transforms) > 0 }

// apply replaces the first match; $1…$9 are capture groups.
func (t *transform) apply(s string) string {
	m := t.regex.FindStringSubmatchIndex(s)
	if m == nil {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:m[0]])
	for i := 0; i < len(t.replace); i++ {
		c := t.replace[i]
		if c != '$' || i+1 == len(t.replace) || t.replace[i+1] < '1' || t.replace[i+1] > '9' {
			b.WriteByte(c)
			continue
		}
		i++
		if g := 2 * int(t.replace[i]-'0'); g+1 < len(m) && m[g] >= 0 {
			b.WriteString(s[m[g]:m[g+1]])
		}
	}
	b.WriteString(s[m[1]:])
	return b.String()
}

func validHost(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := lower(s[i])
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte(".-_:[]", c) >= 0) {
			return false
		}
	}
	return true
}

func validURL(s string) bool {
	if !strings.HasPrefix(s, "/") {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '#' {
			return false
		}
	}
	return true
}

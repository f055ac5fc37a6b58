package route

import (
	"errors"
	"strings"
)

// MaxLocation is the longest Location that a redirect may make.
const MaxLocation = 8 << 10

// ErrLocation is the failure of a redirect whose Location is longer than that.
var ErrLocation = errors.New("route: the redirect's Location is longer than 8 K")

// Origin holds the parts of a request that a redirect can refer to.
type Origin struct {
	Protocol string // HTTP or HTTPS
	Host     string // without port
	Port     string
	Path     string // with its leading /
	Query    string
}

// Location makes the URL of a redirect. Members that are not set stand for the
// request's own; the port is always written.
func (r *Redirect) Location(o Origin) (string, error) {
	expand := strings.NewReplacer(
		"#{protocol}", strings.ToLower(o.Protocol),
		"#{host}", o.Host,
		"#{port}", o.Port,
		"#{path}", strings.TrimPrefix(o.Path, "/"),
		"#{query}", o.Query,
	)
	part := func(s, unset string) string {
		if s == "" {
			s = unset
		}
		return expand.Replace(s)
	}
	var b strings.Builder
	b.WriteString(strings.ToLower(part(r.Protocol, "#{protocol}")))
	b.WriteString("://")
	b.WriteString(part(r.Host, "#{host}"))
	b.WriteByte(':')
	b.WriteString(part(r.Port, "#{port}"))
	path := part(r.Path, "/#{path}")
	if !strings.HasPrefix(path, "/") {
		b.WriteByte('/')
	}
	b.WriteString(path)
	if query := part(r.Query, "#{query}"); query != "" {
		b.WriteByte('?')
		b.WriteString(query)
	}
	if b.Len() > MaxLocation {
		return "", ErrLocation
	}
	return b.String(), nil
}

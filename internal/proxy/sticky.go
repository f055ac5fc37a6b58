package proxy

import (
	"strconv"
	"strings"
	"time"
)

// Names of the cookies of stickiness. The …CORS twins carry the same value for
// cross-origin requests.
const (
	cookieTarget    = "AWSALB"
	cookieGroup     = "AWSALBTG"
	cookieApp       = "AWSALBAPP-0"
	cookieCORS      = "CORS"
	cookieLife      = 7 * 24 * time.Hour // what the browser is told
	stickyLBCookie  = "lb_cookie"
	stickyAppCookie = "app_cookie"
	reasonBadCookie = "AWSALBTGCookieInvalid"
)

// cookieSource is a request whose cookies can be read.
type cookieSource interface {
	// cookie returns the value of the first cookie of the name.
	cookie(name string) (string, bool)
}

// sticky is stickiness applied to one exchange.
type sticky struct {
	exchange *exchange
	cookies  cookieSource
}

// cookie implements cookieSource.
func (q *request) cookie(name string) (string, bool) {
	for i := range q.fields {
		if q.fields[i].id != headerCookie {
			continue
		}
		if value, ok := findCookie(q.fields[i].value, name); ok {
			return value, true
		}
	}
	return "", false
}

// findCookie finds "name=value" in a Cookie field.
func findCookie(line, name string) (string, bool) {
	for line != "" {
		var pair string
		pair, line, _ = strings.Cut(line, ";")
		pair = trimSpace(pair)
		if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
			return strings.Trim(pair[len(name)+1:], `"`), true
		}
	}
	return "", false
}

// either returns the cookie, or its CORS twin.
func (s *sticky) either(name string) (string, bool) {
	if value, ok := s.cookies.cookie(name); ok {
		return value, true
	}
	return s.cookies.cookie(name + cookieCORS)
}

// stuckGroup is the target group that the client's cookie names.
func (s *sticky) stuckGroup() (string, bool) {
	cookie, ok := s.either(cookieGroup)
	if !ok {
		return "", false
	}
	x := s.exchange
	group, ok := x.view.sealer.open(x.purpose(cookieGroup), cookie, x.started)
	if !ok {
		x.failure = reasonBadCookie
	}
	return group, ok
}

func (s *sticky) stickToGroup(group string, duration time.Duration) {
	x := s.exchange
	value := x.view.sealer.seal(x.purpose(cookieGroup), group, expiryOf(duration))
	x.setCookies(cookieGroup, value, true)
}

// purpose binds a cookie to its name and rule or group.
func (x *exchange) purpose(name string) string {
	if name == cookieGroup {
		return name + "|" + x.rule.ARN
	}
	return name + "|" + x.group.group.arn
}

// stuckTarget is the target that the client's cookie names, if it may still be
// chosen.
func (s *sticky) stuckTarget() *target {
	x := s.exchange
	var cookie string
	var ok bool
	name := cookieTarget
	if x.group.stickiness == stickyAppCookie {
		name = cookieApp
		if _, has := s.cookies.cookie(x.group.appCookie); !has {
			return nil // both cookies must come back
		}
		cookie, ok = s.cookies.cookie(name)
	} else {
		cookie, ok = s.either(name)
	}
	if !ok {
		return nil
	}
	value, ok := x.view.sealer.open(x.purpose(name), cookie, x.started)
	if !ok {
		return nil
	}
	for _, m := range x.group.group.pool.Load().Members() {
		if m.Handle.name() == value {
			return m.Handle
		}
	}
	return nil
}

// name is how a cookie remembers a target.
func (t *target) name() string { return t.id + "|" + strconv.Itoa(t.port) }

// stickTo makes the cookies of a response from the target.
func (c *clientConn) stickTo(t *target) {
	if c.ex.group.stickiness == "" {
		return
	}
	s := sticky{exchange: &c.ex, cookies: &c.req}
	s.stickTo(t, func(name string) bool {
		for i := range c.resp.fields {
			if f := &c.resp.fields[i]; f.id == headerSetCookie && setsCookie(f.value, name) {
				return true
			}
		}
		return false
	})
}

// setsCookie reports whether a Set-Cookie value sets the cookie of the name.
func setsCookie(value, name string) bool {
	return len(value) > len(name) && value[len(name)] == '=' && value[:len(name)] == name
}

// stickTo adds AWSALB to every response, refreshed, and AWSALBAPP-0 to those
// that carry the application's cookie. sets tells whether the response does.
func (s *sticky) stickTo(t *target, sets func(cookie string) bool) {
	x := s.exchange
	name := cookieTarget
	if x.group.stickiness == stickyAppCookie {
		if !sets(x.group.appCookie) {
			return
		}
		name = cookieApp
	}
	value := x.view.sealer.seal(x.purpose(name), t.name(), expiryOf(x.group.stickyDuration))
	x.setCookies(name, value, name == cookieTarget)
}

// setCookies adds Set-Cookie lines to the response.
func (x *exchange) setCookies(name, value string, twin bool) {
	expires := x.started.Add(cookieLife).UTC().Format(httpDate)
	line := "=" + value + "; Expires=" + expires + "; Path=/"
	x.cookies = append(x.cookies, "Set-Cookie: "+name+line+"\r\n"...)
	if twin {
		x.cookies = append(x.cookies, "Set-Cookie: "+name+cookieCORS+line+"; SameSite=None; Secure\r\n"...)
	}
}

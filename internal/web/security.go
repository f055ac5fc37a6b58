package web

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
)

// policy lets the page load what this server serves, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// harden sets the headers that every answer has, and refuses what pages of other
// sites send.
func harden(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("X-Frame-Options", "DENY")
		if foreign(r) && !Navigation(r) {
			reply(w, http.StatusForbidden, &Problem{Code: "AccessDenied", Message: "Requests from pages of other sites are refused."})
			return
		}
		h.ServeHTTP(w, r)
	})
}

// foreign tells whether a page of another site, or of another port, sent the
// request. Browsers say so in Sec-Fetch-Site and in Origin.
func foreign(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}

// Navigation tells whether a browser opens a page of the dashboard, as by a link on
// a page of another site: that is harmless, for the page tells nothing and the
// cookie does not come along.
func Navigation(r *http.Request) bool {
	h := r.Header
	path := r.URL.Path
	return r.Method == http.MethodGet && h.Get("Origin") == "" &&
		h.Get("Sec-Fetch-Mode") == "navigate" && h.Get("Sec-Fetch-Dest") == "document" &&
		(path == "/ui" || strings.HasPrefix(path, "/ui/")) &&
		!strings.HasPrefix(path, "/ui/api/") && !strings.HasPrefix(path, "/ui/live/")
}

var (
	errSignedOut = &Problem{Code: "MissingAuthenticationToken", Message: "Sign in first.", Status: http.StatusUnauthorized}
	errCSRF      = &Problem{
		Code: "AccessDenied", Status: http.StatusForbidden,
		Message: "The request does not carry the session's token in " + csrfHeader + ": load the page again.",
	}
)

// page lets in requests of a session; those that change something only with its
// token.
func (s *Site) page(p Page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := s.session(w, r)
		if who == nil {
			s.fail(w, errSignedOut)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead &&
			subtle.ConstantTimeCompare([]byte(r.Header.Get(csrfHeader)), []byte(who.CSRF)) != 1 {
			s.fail(w, errCSRF)
			return
		}
		p(s, w, r, who)
	})
}

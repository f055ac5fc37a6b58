package registry

import (
	"net"
	"net/http"

	"github.com/grue-ecs/grue/internal/arn"
)

// client is who sent a request and which registry it means.
type client struct {
	scope arn.Scope
	// exact: scope was named by the host or the token, not assumed.
	exact bool
	// local: an anonymous client on this machine, for whom a push may create
	// the repository.
	local bool
}

// authenticate decides who the client is. Basic AWS:token is checked wherever it
// comes from. Without it only programs on this machine get in: the peer is a
// loopback address, the Host header names this machine (else a web page could
// reach the registry through a name of its own that resolves to 127.0.0.1), and
// no browser says that the request comes from another site.
func (r *Registry) authenticate(req *http.Request) (client, error) {
	scope, exact := ParseHost(req.Host)
	if !exact {
		scope = r.opts.Default
	}
	if token := req.URL.Query().Get("token"); token != "" && req.Method == http.MethodGet {
		owner, err := r.verify(token, req.URL.Path)
		return client{scope: owner, exact: true}, err
	}
	if user, password, ok := req.BasicAuth(); ok {
		if user != "AWS" {
			return client{}, problem(Unauthorized, "Not Authorized: the user name is AWS, the password comes from aws ecr get-login-password")
		}
		owner, err := r.verify(password, "")
		if err != nil {
			return client{}, err
		}
		if exact && owner.Account != scope.Account {
			return client{}, problem(Denied, "User: arn:aws:iam::%s:root is not authorized to perform this operation in the registry with id '%s'", owner.Account, scope.Account)
		}
		if !exact {
			scope = owner
		}
		return client{scope: scope, exact: true}, nil
	}
	if req.Header.Get("Authorization") != "" || !r.fromHere(req) || !exact && !r.meansUs(req.Host) {
		return client{}, problem(Unauthorized, "Not Authorized")
	}
	return client{scope: scope, exact: exact, local: true}, nil
}

func (r *Registry) meansUs(host string) bool {
	return isLoopback(host) || r.opts.LocalHosts(host) || r.opts.LocalHosts(hostname(host))
}

// fromHere tells whether a request comes from a program on this machine.
func (r *Registry) fromHere(req *http.Request) bool {
	switch req.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return false
	}
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// challenge asks for a login as ECR does.
func challenge(w http.ResponseWriter, req *http.Request) {
	scheme := "http"
	if req.TLS != nil {
		scheme = "https"
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="`+scheme+`://`+quotable(req.Host)+`/",service="ecr.amazonaws.com"`)
}

// quotable leaves out what would end a quoted string in a header.
func quotable(host string) string {
	b := make([]byte, 0, len(host))
	for _, c := range []byte(host) {
		if c > ' ' && c < 0x7f && c != '"' && c != '\\' {
			b = append(b, c)
		}
	}
	return string(b)
}

package registry

import (
	"net"
	"regexp"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// hostRule matches ECR's registry hosts, also FIPS and dual-stack ones. Account
// ids of other than twelve digits occur in examples and are taken.
var hostRule = regexp.MustCompile(`^([0-9]+)\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$`)

// ParseHost reads account and region from the host of an ECR registry, with or
// without a port.
func ParseHost(host string) (arn.Scope, bool) {
	m := hostRule.FindStringSubmatch(hostname(host))
	if m == nil {
		return arn.Scope{}, false
	}
	return arn.Scope{Account: m[1], Region: m[2]}, true
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// isLoopback tells whether a host name can only mean this machine.
func isLoopback(host string) bool {
	h := hostname(host)
	if h == "localhost" || strings.HasSuffix(h, ".localhost") {
		return true
	}
	ip := net.ParseIP(h)
	return ip != nil && ip.IsLoopback()
}

// Find tells in which account and region to look for a repository that a client
// asks for in s: there; else in the default ones, so that an image pushed to
// 127.0.0.1 is found by any ECR host; else in the only ones that have a
// repository of that name.
func (r *Registry) Find(s arn.Scope, name string) (found arn.Scope, ok bool) {
	r.store.View(func(tx *store.Tx) { found, ok = r.find(tx, s, name) })
	return found, ok
}

func (r *Registry) find(tx *store.Tx, s arn.Scope, name string) (arn.Scope, bool) {
	for _, scope := range []arn.Scope{s, r.opts.Default} {
		if _, ok := repositories.Get(tx, repositoryKey(scope, name)); ok {
			return scope, true
		}
	}
	var only arn.Scope
	n := 0
	for key, repo := range repositories.All(tx) {
		if repo.Name == name {
			only = scopeOf(key)
			n++
		}
	}
	if n != 1 {
		return s, false
	}
	return only, true
}

// scopeOf is the account and region that begin a key.
func scopeOf(key string) arn.Scope {
	account, rest, _ := strings.Cut(key, "/")
	region, _, _ := strings.Cut(rest, "/")
	return arn.Scope{Account: account, Region: region}
}

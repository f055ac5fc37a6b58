package proxy

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"

	"github.com/grue-ecs/grue/internal/route"
)

// trust is what certificates of a group's targets must prove; nil = nothing.
type trust struct {
	spec  route.Verify
	roots *x509.CertPool
}

// trustOf prepares what a table says. Roots that hold no certificate trust
// nobody.
func trustOf(v *route.Verify) *trust {
	if v == nil {
		return nil
	}
	t := &trust{spec: *v, roots: x509.NewCertPool()}
	t.roots.AppendCertsFromPEM(v.Roots)
	return t
}

func (t *trust) same(v *route.Verify) bool {
	if t == nil || v == nil {
		return t == nil && v == nil
	}
	return t.spec.Name == v.Name && bytes.Equal(t.spec.Roots, v.Roots)
}

// renewTrust takes over what the table says, and reports whether it is news. The
// caller holds the group's lock.
func (g *group) renewTrust() bool {
	if g.trust.Load().same(g.spec.Verify) {
		return false
	}
	g.trust.Store(trustOf(g.spec.Verify))
	return true
}

// clientTLS are the settings for a TLS connection with a target of the group, on
// which one of the protocols is offered. Without route.Verify certificates of
// targets are not looked at, as in Elastic Load Balancing.
func (g *group) clientTLS(protocols ...string) *tls.Config {
	c := &tls.Config{InsecureSkipVerify: true, NextProtos: protocols}
	if t := g.trust.Load(); t != nil {
		c.InsecureSkipVerify, c.RootCAs, c.ServerName = false, t.roots, t.spec.Name
	}
	return c
}

// overTLS tells whether a group's targets are spoken to in TLS.
func overTLS(g *route.Group) bool {
	return g.Protocol == route.ProtocolHTTPS || g.Protocol == route.ProtocolTLS
}

// forgetRounds lets the next HTTP/2 exchange with the target begin anew, with the
// group's settings of now. Exchanges under way end as they began.
func (t *target) forgetRounds() {
	t.mu.Lock()
	old := t.rounds
	t.rounds = nil
	t.mu.Unlock()
	if c, ok := old.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

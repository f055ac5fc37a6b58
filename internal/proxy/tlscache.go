package proxy

import (
	"bytes"
	"crypto/tls"
	"slices"

	"github.com/grue-ecs/grue/internal/route"
)

// tlsCache keeps listeners' TLS settings from one table to the next: parsing
// keys is slow, and clients resume sessions only with the settings that issued
// their tickets.
type tlsCache map[string]tlsEntry // by listener ARN

type tlsEntry struct {
	certs  []route.Certificate
	policy string
	http2  bool
	alpn   string
	config *tls.Config
}

func (e *tlsEntry) same(other *tlsEntry) bool {
	return e.policy == other.policy && e.http2 == other.http2 && e.alpn == other.alpn &&
		slices.EqualFunc(e.certs, other.certs, func(a, b route.Certificate) bool {
			return bytes.Equal(a.Chain, b.Chain) && bytes.Equal(a.Key, b.Key)
		})
}

// tlsOf returns a listener's TLS settings, the same as before if nothing about
// them has changed.
func (p *Proxy) tlsOf(t *route.Table, l *route.Listener) (*tls.Config, error) {
	e := tlsEntry{policy: l.SSLPolicy, http2: l.Attributes.HTTP2, alpn: l.Protocol + l.ALPN}
	for _, arn := range l.Certs {
		e.certs = append(e.certs, t.Certs[arn])
	}
	if old, ok := p.tlsCache[l.ARN]; ok && old.same(&e) {
		return old.config, nil
	}
	config, err := p.tlsConfig(t, l)
	if err != nil {
		return nil, err
	}
	e.config = config
	if p.tlsCache == nil {
		p.tlsCache = make(tlsCache)
	}
	p.tlsCache[l.ARN] = e
	return config, nil
}

// tidyTLS forgets listeners that have gone.
func (p *Proxy) tidyTLS(t *route.Table) {
	if len(p.tlsCache) <= len(t.Listeners) {
		return
	}
	present := make(map[string]bool, len(t.Listeners))
	for i := range t.Listeners {
		present[t.Listeners[i].ARN] = true
	}
	for arn := range p.tlsCache {
		if !present[arn] {
			delete(p.tlsCache, arn)
		}
	}
}

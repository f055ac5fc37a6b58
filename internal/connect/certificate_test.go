package connect

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
)

// TestCertificates: an endpoint with tls has a certificate that its clients verify;
// it is renewed when four fifths of its life have passed, under the same authority.
func TestCertificates(t *testing.T) {
	w := newWorld(t)
	w.revise("server", "1", orders(func(e *state.ConnectEndpoint) { e.TLS, e.Ingress = true, 15000 }))
	certify := func() time.Time {
		t.Helper()
		next, err := w.m.certify("")
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	next := certify()
	w.start("server", "1", "1")
	look := func() (leaf *x509.Certificate, roots []byte) {
		t.Helper()
		table := w.table()
		for _, l := range table.Listeners {
			if l.Protocol != route.ProtocolTLS {
				continue
			}
			c := table.Certs[l.Certs[0]]
			pair, err := tls.X509KeyPair(c.Chain, c.Key)
			if err != nil {
				t.Fatal(err)
			}
			leaf = pair.Leaf
			if b := l.Binds[0]; b.NetNS != "/run/netns/1" || b.Address != "0.0.0.0:15000" || l.ALPN != "HTTP1Only" {
				t.Errorf("%+v", l)
			}
		}
		for _, g := range table.Groups {
			if g.Verify == nil {
				continue
			}
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(g.Verify.Roots)
			if _, err := leaf.Verify(x509.VerifyOptions{DNSName: g.Verify.Name, Roots: pool, CurrentTime: w.clock}); err != nil {
				t.Error(err)
			}
			if g.Protocol != "HTTPS" || g.Targets[0].Port != 15000 {
				t.Errorf("%+v", g)
			}
			roots = g.Verify.Roots
		}
		return leaf, roots
	}
	first, roots := look()
	if want := first.NotAfter.Add(-certificateLife / 5); next.Sub(want).Abs() > time.Minute {
		t.Errorf("renewed at %v, want %v", next, want)
	}
	w.clock = next.Add(-time.Second)
	certify()
	if same, _ := look(); !same.Equal(first) {
		t.Error("renewed too early")
	}
	w.clock = next
	certify()
	if other, same := look(); other.Equal(first) || !bytes.Equal(same, roots) {
		t.Error("not renewed under the same authority")
	}
}

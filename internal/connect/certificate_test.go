package connect

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
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

// TestTLSChanges: while one revision ends TLS and the other does not, each is called
// in its own way, in rolling deployments and in shifts.
func TestTLSChanges(t *testing.T) {
	w := newWorld(t)
	w.revise("server", "1", orders())
	w.start("server", "1", "1")
	w.start("server", "1", "2")
	w.revise("server", "2", orders(func(e *state.ConnectEndpoint) { e.TLS, e.Ingress = true, 15000 }))
	if _, err := w.m.certify(""); err != nil {
		t.Fatal(err)
	}
	w.start("server", "2", "3")
	look := func(what string, want map[string]int) {
		t.Helper()
		table := w.table()
		for _, l := range table.Listeners {
			if l.Protocol != route.ProtocolHTTP {
				continue
			}
			w.expect(what, shares(table, &l.Rules[0]), want)
			for _, x := range l.Rules[0].Action.Forward.Groups {
				for _, to := range table.Groups[x.Group].Targets {
					protocol, port := "HTTP", 8080
					if to.ID == "3" {
						protocol, port = "HTTPS", 15000
					}
					if g := table.Groups[x.Group]; g.Protocol != protocol || to.Port != port || to.Address != fmt.Sprintf("10.0.0.%s:%d", to.ID, port) {
						t.Errorf("%s: task %s is called over %s at %+v", what, to.ID, g.Protocol, to)
					}
				}
			}
		}
	}
	look("rolling", map[string]int{"1": 2, "2": 2, "3": 1})
	w.do(func(tx *store.Tx) {
		SetWeights(tx, home.Key("c", "server"), []deploy.Share{{Rev: "1", Tenths: 900}, {Rev: "2", Tenths: 100}}, nil)
	})
	look("shift", map[string]int{"1": 900, "2": 900, "3": 100})
}

// TestIngressWithoutTLS: clients' proxies call the container itself, which can be
// seen to refuse; the ingress port listens for others.
func TestIngressWithoutTLS(t *testing.T) {
	w := newWorld(t)
	w.revise("server", "1", orders(func(e *state.ConnectEndpoint) { e.Ingress = 18080 }))
	w.start("server", "1", "1")
	table := w.table()
	listens := false
	for _, l := range table.Listeners {
		if l.Protocol == route.ProtocolTCP {
			listens = l.Binds[0].Address == "0.0.0.0:18080"
			continue
		}
		if got := table.Groups[l.Rules[0].Action.Forward.Groups[0].Group].Targets[0].Address; got != "10.0.0.1:8080" {
			t.Errorf("clients call %s", got)
		}
	}
	if !listens {
		t.Error("the ingress port does not listen")
	}
}

package proxy

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/internal/route"
)

// endpoint adds an endpoint of Service Connect that forwards to the groups.
func (w *world) endpoint(protocol string, groups ...route.Weighted) *route.Listener {
	w.table.Listeners = append(w.table.Listeners, route.Listener{
		ARN: fmt.Sprintf("endpoint-%d", len(w.table.Listeners)), Protocol: protocol, Connect: &route.Connect{},
		Rules: []route.Rule{{ARN: "default", Action: route.Action{Forward: &route.Forward{Groups: groups}}}},
	})
	return &w.table.Listeners[len(w.table.Listeners)-1]
}

// unchecked adds a group of Service Connect: no health checks.
func (w *world) unchecked(arn string, addresses ...string) *route.Group {
	g := w.group(arn, addresses...)
	g.Check, g.Algorithm = route.Check{}, "round_robin"
	return g
}

// tlsApp is a target that speaks HTTP/1.1 and HTTP/2 over TLS.
func tlsApp(t testing.TB, chain, key []byte) string {
	t.Helper()
	cert, err := tls.X509KeyPair(chain, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(says("secret")))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.EnableHTTP2 = true
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "https://")
}

package proxy

import (
	"sync/atomic"
	"testing"

	"github.com/grue-ecs/grue/internal/route"
)

// TLS between tasks: the caller's endpoint encrypts and verifies, the provider's
// listener decrypts. A new certificate costs no request and no connection.
func TestMeshTLSBetweenTasks(t *testing.T) {
	for _, version := range []string{"HTTP1", "HTTP2"} {
		t.Run(version, func(t *testing.T) {
			w := newWorld(t)
			start, protocol, c, alpn := app, "HTTP", client(t), "HTTP1Only"
			if version == "HTTP2" {
				start, protocol, c, alpn = h2app, "HTTP2", h2prior(t), "HTTP2Only"
			}
			inner := w.unchecked("inner", start(t, says("hello")))
			inner.Protocol, inner.Version, inner.Flows = "TCP", "", &route.Flows{}
			l, ingress := w.mesh("TLS", one("inner"))
			l.ALPN, l.Certs, l.Connect = alpn, []string{"cert"}, nil
			oldChain, oldKey := certificate(t, "orders.internal")
			newChain, newKey := certificate(t, "orders.internal")
			w.table.Certs["cert"] = route.Certificate{Chain: oldChain, Key: oldKey}
			outer := w.unchecked("outer", ingress)
			outer.Protocol, outer.Version, outer.Resilience = "HTTPS", version, resilience()
			outer.Verify = &route.Verify{Roots: append(append([]byte(nil), oldChain...), newChain...), Name: "orders.internal"}
			_, address := w.mesh(protocol, one("outer"))
			w.publish()
			var sent atomic.Int64
			stop, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					default:
					}
					if why := once(c, "http://"+address+"/", false); why != "" {
						t.Errorf("after %d requests: %s", sent.Load(), why)
						return
					}
					sent.Add(1)
				}
			}()
			await(t, "requests under the first certificate", func() bool { return sent.Load() > 20 })
			certs := map[string]route.Certificate{"cert": {Chain: newChain, Key: newKey}}
			w.table.Certs = certs
			w.publish()
			before := sent.Load()
			await(t, "requests under the second certificate", func() bool { return sent.Load() > before+20 })
			close(stop)
			<-done
			// Whoever trusts the old one only gets no new connection.
			next := *outer
			next.Verify = &route.Verify{Roots: oldChain, Name: "orders.internal"}
			next.Targets = append([]route.Target(nil), outer.Targets...)
			next.Targets[0].Registered = next.Targets[0].Registered.Add(1)
			w.table.Groups["outer"] = &next
			w.publish()
			if status, _ := fetch(t, c, "http://"+address+"/"); status != 503 {
				t.Errorf("with the new certificate alone: %d", status)
			}
		})
	}
}

// A container that does not listen yet costs no request: its TLS fails before
// anything is sent, so that also one that must not be sent twice goes to another.
func TestMeshTLSBeforeTheContainerListens(t *testing.T) {
	w := newWorld(t)
	chain, key := certificate(t, "orders.internal")
	w.table.Certs["cert"] = route.Certificate{Chain: chain, Key: key}
	var ingresses []string
	for name, to := range map[string]string{"ready": app(t, says("hello")), "starting": "127.0.0.1:1"} {
		inner := w.unchecked(name, to)
		inner.Protocol, inner.Version, inner.Flows = "TCP", "", &route.Flows{}
		l, ingress := w.mesh("TLS", one(name))
		l.ALPN, l.Certs, l.Connect = "HTTP1Only", []string{"cert"}, nil
		ingresses = append(ingresses, ingress)
	}
	outer := w.unchecked("outer", ingresses...)
	outer.Protocol, outer.Version, outer.Resilience = "HTTPS", "HTTP1", resilience()
	outer.Verify = &route.Verify{Roots: chain, Name: "orders.internal"}
	_, address := w.mesh("HTTP", one("outer"))
	w.publish()
	c := client(t)
	for range 4 {
		if why := once(c, "http://"+address+"/", true); why != "" {
			t.Error(why)
		}
	}
}

package connect

import (
	"bytes"
	"net"
	"strconv"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
)

// ingress adds the listeners inside the tasks that provide an endpoint, where the
// revision asks for them: with tls, with an ingress port of its own, or to log the
// requests that come in. They forward to the container of the same task.
func (p *part) ingress(e *Endpoint, list members) {
	for _, i := range list {
		rev := p.revision(i.Service, i.Revision)
		x := p.provides(e, i.Revision)
		c := p.client(i.Task)
		if rev == nil || x == nil || x.Ingress == 0 || c == nil || c.NetNS == "" {
			continue
		}
		p.ingressOf(e, x, i, c.NetNS)
	}
}

func (p *part) client(task string) *client {
	c, _ := clients.Get(p.tx, task)
	return c
}

func (p *part) ingressOf(e *Endpoint, x *state.ConnectEndpoint, i *Instance, netns string) {
	arn := e.CloudMap + "/ingress/" + i.Task
	l := route.Listener{
		ARN: arn, Protocol: route.ProtocolTCP, Attributes: route.LBAttributes{IdleTimeout: idle(x.Idle)},
		Binds: []route.Bind{{NetNS: netns, Task: i.Task, Address: net.JoinHostPort("0.0.0.0", strconv.Itoa(x.Ingress))}},
		Rules: []route.Rule{forward(arn+"/default", []route.Weighted{{Group: arn, Weight: 1}})},
	}
	if x.TLS {
		cert, ok := p.certificate(e)
		if !ok {
			return // it is made before a task of the endpoint starts
		}
		l.Protocol, l.Certs, l.SSLPolicy, l.ALPN = route.ProtocolTLS, []string{cert}, "ELBSecurityPolicy-TLS13-1-3-2021-06", alpn(x.Protocol)
	}
	p.table.Groups[arn] = &route.Group{
		ARN: arn, Protocol: route.ProtocolTCP, InUse: true, Algorithm: "round_robin", MinHealthyCount: 1, DrainTimeout: drainLimit(x),
		Flows: &route.Flows{Idle: idle(x.Idle)},
		Targets: []route.Target{{
			ID: i.Task, Port: x.ContainerPort, Address: net.JoinHostPort(i.IP, strconv.Itoa(x.ContainerPort)), Registered: i.Registered,
		}},
	}
	p.table.Listeners = append(p.table.Listeners, l)
}

// alpn is the policy under which a client's proxy and this one speak the endpoint's
// protocol.
func alpn(protocol string) string {
	switch protocol {
	case route.ProtocolHTTP:
		return "HTTP1Only"
	case route.ProtocolHTTP2, route.ProtocolGRPC:
		return "HTTP2Only"
	}
	return ""
}

// certificate adds an endpoint's certificate to the table and names it.
func (p *part) certificate(e *Endpoint) (arn string, ok bool) {
	c, ok := certificates.Get(p.tx, e.Key())
	if !ok {
		return "", false
	}
	arn = e.CloudMap + "/certificate"
	if _, there := p.table.Certs[arn]; there {
		return arn, true
	}
	key, err := p.mesh.vault.Open(e.Key(), c.SealedKey)
	if err != nil {
		p.mesh.log.Error("the key of a certificate cannot be read", "endpoint", e.Discovery, "err", err)
		return "", false
	}
	p.table.Certs[arn] = route.Certificate{Chain: c.Chain, Key: key}
	return arn, true
}

// verify is what a client's proxy wants of an endpoint's certificate.
func (p *part) verify(e *Endpoint) *route.Verify {
	c, ok := certificates.Get(p.tx, e.Key())
	if !ok {
		return nil
	}
	return &route.Verify{Roots: lastOf(c.Chain), Name: certificateName(e)}
}

// lastOf is the last certificate of a chain: the authority's, which stays when the
// endpoint's is renewed.
func lastOf(chain []byte) []byte {
	if i := bytes.LastIndex(chain, []byte("-----BEGIN ")); i > 0 {
		return chain[i:]
	}
	return chain
}

// logFile names the access log of a task's proxy.
func logFile(c *state.Connect, task string) string {
	if c.Log.Format == "" || c.Log.Group == "" {
		return ""
	}
	return "connect-" + task
}

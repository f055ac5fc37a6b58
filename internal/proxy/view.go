package proxy

import (
	"crypto/tls"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// view is a table in force: what a request sees from its start to its end.
type view struct {
	router  *route.Router
	fronts  map[*socket]*front
	all     []*front // each once
	packets map[*packetSocket]*front
	groups  map[string]*group
	sealer  *sealer
}

// front is one listener, prepared for serving.
type front struct {
	listener     *route.Listener
	rules        *route.Rules
	groups       map[string]*groupRef
	meter        *meter // what no group answered
	port         string
	scheme       string
	idleTimeout  time.Duration
	keepAlive    time.Duration
	serverHeader bool
	own          []byte // response fields that the listener sets
	ownNames     []string
	tls          *tls.Config
	layer4       bool           // connections are flows
	relays       bool           // some target speaks TLS
	chooser      *route.Chooser // of a layer 4 listener's default rule
	log          *accessLog
}

// groupRef is a target group as one listener sees it. Its settings are those of
// the table.
type groupRef struct {
	group          *group
	meter          *meter
	version        string
	resilience     *route.Resilience
	stickiness     string
	stickyDuration time.Duration
	appCookie      string
	protocol       string // to the targets
	flows          route.Flows
}

// newFront prepares a listener for clients that are counted together; see
// route.Bind.Client. Turns are common to all fronts of a listener.
func (p *Proxy) newFront(r *route.Router, l *route.Listener, client string, groups map[string]*group) *front {
	key := meterKey{lb: l.LB}
	if l.Connect != nil {
		key = meterKey{endpoint: l.ARN, client: client}
	}
	f := &front{
		listener: l, rules: r.Listener(l.ARN), meter: p.meters.get(key),
		port: portOf(l.Address), scheme: schemeOf(l.Protocol),
		idleTimeout: l.Attributes.IdleTimeout, keepAlive: l.Attributes.ClientKeepAlive,
		serverHeader: l.ServerHeader, groups: make(map[string]*groupRef),
	}
	if f.idleTimeout <= 0 {
		f.idleTimeout = defaultIdle
	}
	if f.keepAlive <= 0 {
		f.keepAlive = defaultKeepAlive
	}
	if f.mesh() { // targets' Server passes; connections last as long as they are used
		f.serverHeader, f.keepAlive = true, 1<<62
	}
	for _, name := range sortedKeys(l.ResponseHeaders) {
		f.ownNames = append(f.ownNames, strings.ToLower(name))
		if value := l.ResponseHeaders[name]; value != "" {
			f.own = appendField(f.own, name, value)
		}
	}
	for i := range l.Rules {
		forward := l.Rules[i].Action.Forward
		if forward == nil {
			continue
		}
		for _, w := range forward.Groups {
			spec := r.Table().Groups[w.Group]
			key.group = w.Group
			f.groups[w.Group] = &groupRef{
				group: groups[w.Group], meter: p.meters.get(key), version: versionOf(spec),
				resilience: spec.Resilience, stickiness: spec.Stickiness, stickyDuration: spec.StickyDuration, appCookie: spec.AppCookie,
				protocol: spec.Protocol, flows: flowsOf(spec),
			}
			f.relays = f.relays || spec.Protocol == route.ProtocolTLS
		}
	}
	if f.layer4 = route.Layer4(l.Protocol); f.layer4 {
		f.chooser = f.rules.Match(&route.Request{}).Chooser
	}
	return f
}

// looped reports whether event loops serve the connections of the listener.
func (f *front) looped() bool { return f.layer4 && f.tls == nil && !f.relays }

// schemeOf is what a listener's protocol is called in a URL. HTTP/2 without TLS
// has HTTP's name.
func schemeOf(protocol string) string {
	if protocol == route.ProtocolHTTP2 || protocol == route.ProtocolGRPC {
		return "http"
	}
	return strings.ToLower(protocol)
}

// versionOf is a group's protocol version; HTTP1 when the table says nothing.
func versionOf(g *route.Group) string {
	if g.Version == "" {
		return "HTTP1"
	}
	return g.Version
}

// overrides reports whether the listener sets or removes the response field.
func (f *front) overrides(name string) bool {
	return len(f.ownNames) > 0 && slices.ContainsFunc(f.ownNames, func(own string) bool { return equalFold(name, own) })
}

// appendOwn appends the response fields that the listener sets.
func (f *front) appendOwn(out []byte) []byte { return append(out, f.own...) }

// rename applies routing.http.request.*.header_name.
func (f *front) rename(name string) string {
	for from, to := range f.listener.RenameHeaders {
		if strings.EqualFold(from, name) && to != "" {
			return to
		}
	}
	return name
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

package proxy

import (
	"net"
	"testing"

	"github.com/grue-ecs/grue/internal/route"
)

// jointly puts a target that does not listen yet and one that does into a group of
// each, as revisions are that are called in different ways.
func (w *world) jointly(protocol, starting, ready string) []route.Weighted {
	for name, at := range map[string]string{"starting": starting, "ready": ready} {
		g := w.unchecked(name, at)
		g.Resilience = resilience()
		g.Resilience.Failures = 1000
		switch protocol {
		case "HTTP2":
			g.Version = "HTTP2"
		case "TCP":
			g.Protocol, g.Version, g.Flows = "TCP", "", &route.Flows{}
		}
	}
	return []route.Weighted{one("starting"), one("ready")}
}

// joint marks the groups of an endpoint's default rule.
func joint(l *route.Listener) { l.Rules[0].Action.Forward.Joint = true }

// Requests that nobody takes in their group go to a group that is joint with it.
func TestMeshJointGroups(t *testing.T) {
	for _, protocol := range []string{"HTTP", "HTTP2"} {
		w := newWorld(t)
		start, c := app, client(t)
		if protocol == "HTTP2" {
			start, c = h2app, h2prior(t)
		}
		l, address := w.mesh(protocol, w.jointly(protocol, "127.0.0.1:1", start(t, says("ready")))...)
		joint(l)
		w.publish()
		for range 10 {
			if status, body := fetch(t, c, "http://"+address+"/"); status != 200 || body != "ready" {
				t.Errorf("%s: %d %s", protocol, status, body)
			}
		}
	}
}

// So do connections, whether loops serve them or, because some target speaks TLS,
// goroutines.
func TestMeshJointFlows(t *testing.T) {
	for _, secure := range []string{"", "starting", "ready"} {
		t.Run(secure, func(t *testing.T) {
			w := newWorld(t)
			ready := named(t, "a")
			if secure == "ready" {
				ready = secureTarget(t, "a")
			}
			l, address := w.mesh("TCP", w.jointly("TCP", "127.0.0.1:1", ready)...)
			joint(l)
			if secure != "" {
				w.table.Groups[secure].Protocol = route.ProtocolTLS
			}
			w.publish()
			for range 10 {
				if name, err := askName(dialFlow(t, address), 1); name != "a" {
					t.Error(name, err)
				}
			}
			next := *l
			next.Rules = []route.Rule{{ARN: "default", Action: route.Action{Forward: &route.Forward{Groups: l.Rules[0].Action.Forward.Groups}}}}
			w.table.Listeners = []route.Listener{next}
			w.publish()
			failed := 0
			for range 2 {
				if c, err := net.Dial("tcp", address); err != nil {
					failed++
				} else if _, err := askName(c, 1); err != nil {
					failed++
					c.Close()
				} else {
					c.Close()
				}
			}
			if failed != 1 {
				t.Errorf("%d of two connections failed although groups that are not joint take turns", failed)
			}
		})
	}
}

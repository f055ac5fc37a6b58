package proxy

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// BenchmarkApply is what one change costs in a table of 1,000 services with 10
// tasks each behind one load balancer: decode, apply, encode for the disk.
func BenchmarkApply(b *testing.B) {
	t := &route.Table{Epoch: 1, Groups: map[string]*route.Group{}}
	l := route.Listener{ARN: "l", LB: "app/a/1", Address: freeAddress(b), Protocol: "HTTP"}
	for i := range 1000 {
		arn := fmt.Sprintf("arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/service-%d/0123456789abcdef", i)
		g := &route.Group{ARN: arn, Protocol: "HTTP", Version: "HTTP1", Check: route.Check{Enabled: true}}
		for j := range 10 {
			g.Targets = append(g.Targets, route.Target{ID: "10.0.0.1", Port: j, Address: fmt.Sprintf("10.0.0.1:%d", j), Registered: time.Unix(int64(i), 0)})
		}
		t.Groups[arn] = g
		l.Rules = append(l.Rules, route.Rule{
			ARN: fmt.Sprint("r", i), Priority: i + 1, Conditions: []route.Condition{{Field: "path-pattern", Values: []string{fmt.Sprintf("/s%d/*", i)}}},
			Action: route.Action{Forward: &route.Forward{Groups: []route.Weighted{{Group: arn, Weight: 90}}}},
		})
	}
	l.Rules = append(l.Rules, route.Rule{ARN: "d", Action: route.Action{Fixed: &route.Fixed{Status: 404}}})
	t.Listeners = []route.Listener{l}
	wire, _ := json.Marshal(t)
	p, err := newProxy(Options{Dir: b.TempDir(), Log: quietLog()})
	if err != nil {
		b.Fatal(err)
	}
	defer p.stop(0)
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			var t route.Table
			_ = json.Unmarshal(wire, &t)
		}
	})
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			_, _ = json.Marshal(t)
		}
	})
	b.Run("apply", func(b *testing.B) {
		for b.Loop() {
			t.Version++
			snapshot := *t
			p.applyMu.Lock()
			err := p.apply(&snapshot)
			p.applyMu.Unlock()
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

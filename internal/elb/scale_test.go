package elb

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// fill makes services services with one group and one rule each, and targets
// targets.
func fill(b *testing.B, st *store.Store, services, targets int) {
	b.Helper()
	err := st.Update(func(tx *store.Tx) error {
		PutLoadBalancer(tx, &LoadBalancer{ARN: lbARN, Name: "web", Address: "10.9.0.1", PublicName: "web.elb.amazonaws.com"})
		PutListener(tx, &Listener{ARN: listenerARN, LoadBalancer: lbARN, Port: 80, Protocol: "HTTP", DefaultRule: RuleARN(listenerARN, "0")})
		for i := range services {
			group := fmt.Sprintf("%s/g%d/%016x", blue[:strings.LastIndex(blue, "/blue/")], i, i)
			PutGroup(tx, &TargetGroup{ARN: group, Name: fmt.Sprint("g", i), Protocol: "HTTP", ProtocolVersion: "HTTP1", Port: 80, TargetType: "ip"})
			r := &Rule{ARN: RuleARN(listenerARN, fmt.Sprint(i)), Default: i == 0, Priority: i}
			r.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, TargetGroupArn: aws.String(group)}}
			PutRule(tx, r)
			for j := range targets {
				id := fmt.Sprintf("10.%d.%d.%d", i/250, i%250, j)
				if err := Register(tx, Target{Group: group, ID: id, Port: 80, Address: id + ":80"}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBuild makes the table of 1,000 services with 10 tasks each.
func BenchmarkBuild(b *testing.B) {
	st, err := store.Open(b.TempDir()+"/state.db", store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	fill(b, st, 1000, 10)
	b.ReportAllocs()
	for b.Loop() {
		st.View(func(tx *store.Tx) { build(tx) })
	}
}

// BenchmarkHealth asks for one of 10,000 targets.
func BenchmarkHealth(b *testing.B) {
	st, err := store.Open(b.TempDir()+"/state.db", store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	fill(b, st, 1000, 10)
	balancer := New(Options{Store: st, Plane: newPlane()})
	group := fmt.Sprintf("%s/g7/%016x", blue[:strings.LastIndex(blue, "/blue/")], 7)
	b.ReportAllocs()
	for b.Loop() {
		if balancer.Health(group, "10.0.7.3", 80).State != Initial {
			b.Fatal("not registered")
		}
	}
}

// BenchmarkShift changes weights durably and waits until the table is made.
func BenchmarkShift(b *testing.B) {
	st, err := store.Open(b.TempDir()+"/state.db", store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	fill(b, st, 10, 10)
	balancer := New(Options{Store: st, Plane: newPlane()})
	group := fmt.Sprintf("%s/g0/%016x", blue[:strings.LastIndex(blue, "/blue/")], 0)
	n := 0
	start := time.Now()
	for b.Loop() {
		n++
		if err := st.Update(func(tx *store.Tx) error { return SetWeights(tx, listenerARN, map[string]int{group: n % 100}) }); err != nil {
			b.Fatal(err)
		}
		if err := balancer.WaitApplied(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/time.Since(start).Seconds(), "shifts/s")
}

// BenchmarkMeasure turns the reports over 1,000 groups into metrics.
func BenchmarkMeasure(b *testing.B) {
	w, reports := measured(b)
	at := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(100 * time.Millisecond)
		w.measure(reports, at)
	}
}

// BenchmarkCensus counts the 10,000 targets of 1,000 groups.
func BenchmarkCensus(b *testing.B) {
	w, _ := measured(b)
	at := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(500 * time.Millisecond)
		w.countHosts(at)
	}
}

// measured is a Balancer of 1,000 services under a short minute, with a report of
// each of their groups.
func measured(b *testing.B) (*Balancer, []route.Traffic) {
	b.Helper()
	st, err := store.Open(b.TempDir()+"/state.db", store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	fill(b, st, 1000, 10)
	w := New(Options{Store: st, Plane: newPlane(), Metrics: metric.New(metric.Options{Minute: time.Second})})
	w.publish()
	var reports []route.Traffic
	st.View(func(tx *store.Tx) {
		for arn := range groups.All(tx) {
			t := route.Traffic{LB: LoadBalancerDimension(lbARN), Group: arn, Requests: 10, Target2xx: 9, Target5xx: 1, Bytes: 1000, Rules: 5, LatencySum: time.Second}
			t.Latency[route.LatencyBucket(time.Millisecond)] = 6
			t.Latency[route.LatencyBucket(10*time.Millisecond)] = 4
			reports = append(reports, t)
		}
	})
	return w, reports
}

package elb

import (
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	const zone = "us-east-1a"
	w.update(func(tx *store.Tx) error {
		lb, _ := GetLoadBalancer(tx, lbARN)
		next := *lb
		next.Zones = []Zone{{Name: zone, Subnet: "subnet-a"}, {Name: "us-east-1b", Subnet: "subnet-b"}}
		PutLoadBalancer(tx, &next)
		return nil
	})
	w.applied()
	m := metric.New(metric.Options{})
	w.b.opts.Metrics = m
	r := w.register(blue, "10.0.0.7", 80)
	w.report(r, Healthy, "")
	at := time.Now()
	w.b.countHosts(at)
	report := route.Traffic{LB: "app/web/50dc6c495c0c9188", Group: blue, Requests: 10, Target2xx: 9, Target5xx: 1, Rules: 20, LatencySum: time.Second}
	report.Latency[route.LatencyBucket(100*time.Millisecond)] = 10
	w.b.measure([]route.Traffic{report, {LB: "app/web/50dc6c495c0c9188", ELB5xx: 2, ELB503: 2, ActiveConns: 4, NewConns: 5, Bytes: 600, Fixed: 3, Redirects: 2, TLSErrors: 1}, {LB: "app/other/1", ELB5xx: 1}}, at)
	w.b.countHosts(at)
	w.b.countHosts(at)
	lb, tg := "app/web/50dc6c495c0c9188", "targetgroup/blue/73e2d6bc24d8a067"
	for _, c := range []struct {
		name, stat string
		dims       []metric.Dimension
		want       float64
	}{
		{"RequestCount", "Sum", metric.Dims("LoadBalancer", lb), 10},
		{"RequestCount", "Sum", metric.Dims("LoadBalancer", lb, "TargetGroup", tg), 10},
		{"RequestCountPerTarget", "Sum", metric.Dims("TargetGroup", tg), 10},
		{"HTTPCode_Target_5XX_Count", "Sum", metric.Dims("LoadBalancer", lb, "TargetGroup", tg), 1},
		{"HTTPCode_Target_2XX_Count", "Average", metric.Dims("LoadBalancer", lb), 1},
		{"HTTPCode_ELB_503_Count", "Sum", metric.Dims("LoadBalancer", lb), 2},
		{"TargetResponseTime", "Average", metric.Dims("LoadBalancer", lb), 0.1},
		{"TargetResponseTime", "SampleCount", metric.Dims("LoadBalancer", lb, "TargetGroup", tg, "AvailabilityZone", zone), 10},
		{"HealthyHostCount", "Maximum", metric.Dims("LoadBalancer", lb, "TargetGroup", tg), 1},
		{"UnHealthyHostCount", "Maximum", metric.Dims("LoadBalancer", lb, "TargetGroup", tg, "AvailabilityZone", zone), 0},
		{"RequestCount", "Sum", metric.Dims("LoadBalancer", lb, "AvailabilityZone", zone), 10},
		{"RequestCountPerTarget", "Sum", metric.Dims("TargetGroup", tg, "LoadBalancer", lb), 10},
		{"RuleEvaluations", "Sum", metric.Dims("LoadBalancer", lb), 20},
		{"ActiveConnectionCount", "Sum", metric.Dims("LoadBalancer", lb), 4},
		{"NewConnectionCount", "Sum", metric.Dims("LoadBalancer", lb, "AvailabilityZone", zone), 5},
		{"ProcessedBytes", "Sum", metric.Dims("LoadBalancer", lb), 600},
		{"HTTP_Fixed_Response_Count", "Sum", metric.Dims("LoadBalancer", lb), 3},
		{"HTTP_Redirect_Count", "Sum", metric.Dims("LoadBalancer", lb), 2},
		{"ClientTLSNegotiationErrorCount", "Sum", metric.Dims("LoadBalancer", lb), 1},
	} {
		q := metric.Metric{Scope: scope, Namespace: "AWS/ApplicationELB", Name: c.name, Dimensions: c.dims}
		got := m.Query(q, at.Add(-time.Minute), at.Add(time.Minute), 60)
		if len(got) != 1 {
			t.Errorf("%s %v: %d points", c.name, c.dims, len(got))
			continue
		}
		if v, _ := got[0].Statistic(c.stat); v != c.want {
			t.Errorf("%s %v %s = %v, want %v", c.name, c.dims, c.stat, v, c.want)
		}
	}
	if list := m.List(metric.Filter{Name: "HTTPCode_Target_4XX_Count"}); len(list) != 0 {
		t.Errorf("a counter of zero has datapoints: %v", list)
	}
}

// What green answered can be told from what blue did, by service revision.
func TestMetricsOfRevisions(t *testing.T) {
	m := metric.New(metric.Options{})
	w := newWorld(t, func(w *world) { w.metrics = m })
	task := func(id, service, revision, status string, groups ...string) {
		x := &state.Task{Scope: scope, Cluster: "c", ID: id, Service: service, Revision: revision, LastStatus: status}
		for _, g := range groups {
			x.Targets = append(x.Targets, state.Target{Group: g, ID: id, State: "registered"})
		}
		w.update(func(tx *store.Tx) error { state.PutTask(tx, x); return nil })
	}
	sum := func(name string, dims ...string) (total float64) {
		for _, d := range m.Query(metric.Metric{Scope: scope, Namespace: ownNamespace, Name: name, Dimensions: metric.Dims(dims...)}, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), 60) {
			total += d.Sum
		}
		return total
	}
	at := time.Now()
	answer := func() {
		at = at.Add(time.Second)
		w.b.measure([]route.Traffic{
			{LB: "app/web/50dc6c495c0c9188", Group: blue, Requests: 10, Target2xx: 10},
			{LB: "app/web/50dc6c495c0c9188", Group: green, Requests: 2, Target5xx: 2},
		}, at)
	}
	service := []string{"ClusterName", "c", "ServiceName", "web"}
	one, two := append(service[:4:4], "ServiceRevision", "1"), append(service[:4:4], "ServiceRevision", "2")
	w.update(func(tx *store.Tx) error { return SetWeights(tx, listenerARN, map[string]int{blue: 90, green: 10}) })
	task("a", "web", "1", "RUNNING", blue)
	task("b", "web", "2", "RUNNING", green)
	answer()
	if a, b, c := sum("RequestCount", one...), sum("HTTPCode_Target_5XX_Count", two...), sum("RequestCount", service...); a != 10 || b != 2 || c != 12 {
		t.Errorf("blue %v, green's errors %v, service %v", a, b, c)
	}
	task("b", "web", "2", "STOPPED", green)
	answer() // the last requests of a task that is gone
	if got := sum("HTTPCode_Target_5XX_Count", two...); got != 4 {
		t.Errorf("green's errors %v", got)
	}
	task("c", "web", "3", "RUNNING", blue) // a rolling deployment
	answer()
	if a, b := sum("RequestCount", one...), sum("RequestCount", service...); a != 20 || b != 36 {
		t.Errorf("blue %v, service %v", a, b)
	}
	task("d", "other", "1", "RUNNING", blue, green) // whose requests these are cannot be told
	answer()
	if a := sum("RequestCount", service...); a != 36 {
		t.Errorf("service %v", a)
	}
}

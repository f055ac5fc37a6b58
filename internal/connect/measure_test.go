package connect

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// measuredMesh is a Mesh on a store with one endpoint, "orders", with two tasks
// behind it.
func measuredMesh(t *testing.T) *Mesh {
	t.Helper()
	scope := arn.Scope{Account: "000000000000", Region: "us-east-1"}
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	err = st.Update(func(tx *store.Tx) error {
		e := &Endpoint{Scope: scope, Namespace: "ns-1", Discovery: "orders", Cluster: "c", Service: "provider", CloudMap: "arn:aws:servicediscovery:us-east-1:000000000000:service/srv-1"}
		endpoints.Put(tx, e.Key(), e)
		for _, task := range []string{"1", "2"} {
			instances.Put(tx, e.Key()+"/"+task, &Instance{Service: e.ServiceKey(), Revision: "1", Task: task})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Store: st, Applied: func(context.Context) error { return nil }})
}

func TestMetricsOfAnEndpoint(t *testing.T) {
	m, scope := measuredMesh(t), arn.Scope{Account: "000000000000", Region: "us-east-1"}
	metrics := metric.New(metric.Options{})
	m.Measure(metrics)
	at := time.Now()
	listener := "arn:aws:servicediscovery:us-east-1:000000000000:service/srv-1/endpoint"
	for _, r := range []route.Traffic{
		{Endpoint: listener, Client: scope.Key("c", "caller"), Group: "arn:aws:servicediscovery:us-east-1:000000000000:service/srv-1/revision/7", Requests: 6, Target2xx: 5, Target5xx: 1, Bytes: 100},
		{Endpoint: listener, Client: scope.Key("c", "caller"), NewConns: 3, ActiveConns: 2},
		{Endpoint: listener, Client: scope.Key("c", "other"), ActiveConns: 4},
	} {
		if !m.TakeTraffic(&r, at) {
			t.Error("a report of an endpoint was left to others")
		}
	}
	if m.TakeTraffic(&route.Traffic{LB: "app/web/1", Group: "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/a/1"}, at) {
		t.Error("a report of a load balancer was taken")
	}
	provider := []string{"ClusterName", "c", "DiscoveryName", "orders", "ServiceName", "provider"}
	caller := []string{"ClusterName", "c", "ServiceName", "caller", "TargetDiscoveryName", "orders"}
	revision := []string{"ClusterName", "c", "ServiceName", "provider", "ServiceRevision", "7"}
	for _, c := range []struct {
		name string
		dims []string
		sum  float64
		max  float64
	}{
		{"RequestCount", []string{"DiscoveryName", "orders"}, 6, 1},
		{"RequestCount", provider, 6, 1},
		{"NewConnectionCount", provider, 3, 1},
		{"ActiveConnectionCount", provider, 8, 6},
		{"ProcessedBytes", provider, 100, 100},
		{"HTTPCode_Target_2XX_Count", caller, 5, 1},
		{"HTTPCode_Target_5XX_Count", []string{"TargetDiscoveryName", "orders"}, 1, 1},
		{"RequestCountPerTarget", caller, 3, 3},
		{"TargetProcessedBytes", caller, 100, 100},
		{"RequestCount", revision, 6, 1},
		{"HTTPCode_Target_5XX_Count", revision, 1, 1},
	} {
		namespace := "AWS/ECS"
		if c.dims[len(c.dims)-2] == "ServiceRevision" {
			namespace = "Grue/ECS"
		}
		points := metrics.Query(metric.Metric{Scope: scope, Namespace: namespace, Name: c.name, Dimensions: metric.Dims(c.dims...)}, at.Add(-time.Hour), at.Add(time.Hour), 7200)
		sum, most := 0.0, 0.0
		for _, p := range points {
			n, _ := p.Statistic("Sum")
			high, _ := p.Statistic("Maximum")
			sum, most = sum+n, max(most, high)
		}
		if sum != c.sum || most != c.max {
			t.Errorf("%s %v: sum %v, maximum %v, want %v and %v", c.name, c.dims, sum, most, c.sum, c.max)
		}
	}
}

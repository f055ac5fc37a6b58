package weights_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/test/bench/rig"
)

const (
	perSecond = 1000
	duration  = 10 * time.Second
	conns     = 16
	get       = "GET / HTTP/1.1\r\nHost: bench.example.com\r\n\r\n"
)

// BenchmarkProxy changes the weights of the proxy's table a thousand times a
// second.
func BenchmarkProxy(b *testing.B) {
	targets := startTargets(b, 2)
	pid, client := startProxy(b)
	address := rig.FreeAddress()
	client.Publish(table(address, targets, 1))
	await(b, func(ctx context.Context) error { return client.WaitAck(ctx, 1) })
	steady := load(b, address, pid, func(<-chan struct{}) int { return 0 })
	p := &publisher{client: client, address: address, targets: targets, version: 1}
	moving := load(b, address, pid, p.publish)
	await(b, func(ctx context.Context) error { return client.WaitAck(ctx, p.version) })
	t := rig.NewTable("Weights of a rule change under load, tables straight into grue proxy", columns...)
	t.Row(steady.row("no change")...)
	t.Row(moving.row("1,000 a second wanted")...)
	t.Note("The proxy acknowledged %.0f versions a second; a version that a newer one overtook is never sent.", float64(p.acknowledged)/moving.Took.Seconds())
	t.Print()
	b.ReportMetric(float64(moving.Failed), "failed")
	b.ReportMetric(moving.changesPerSecond(), "changes/s")
	b.ReportMetric(0, "ns/op")
}

// publisher changes the table a thousand times a second.
type publisher struct {
	client       *link.Client
	address      string
	targets      []string
	version      uint64
	acknowledged int // versions that the proxy served and had on disk
}

// publish catches up when it was late: a thousand a second is what is wanted.
func (p *publisher) publish(stop <-chan struct{}) (changes int) {
	ctx, cancel := context.WithCancel(context.Background())
	var counting sync.WaitGroup
	counting.Go(func() {
		for p.client.WaitAck(ctx, p.client.Acked()+1) == nil {
			p.acknowledged++
		}
	})
	defer func() { cancel(); counting.Wait() }()
	tick := time.NewTicker(time.Second / perSecond / 2)
	defer tick.Stop()
	for began := time.Now(); ; {
		select {
		case <-stop:
			return changes
		case <-tick.C:
		}
		for due := int(time.Since(began).Seconds() * perSecond); changes < due; changes++ {
			p.version++
			p.client.Publish(table(p.address, p.targets, p.version))
		}
	}
}

var columns = []string{"changes", "changes/s", "requests", "failed", "requests/s", "p50, ms", "p99, ms", "CPU of the proxy, µs/request"}

// run is what was measured while weights changed, or did not.
type run struct {
	rig.Result
	changes int
	cpu     time.Duration
}

func (r run) changesPerSecond() float64 { return float64(r.changes) / r.Took.Seconds() }

func (r run) row(name string) []any {
	return []any{
		name, r.changesPerSecond(), r.Count + r.Failed, r.Failed, r.PerSecond(),
		rig.Millis(rig.Median(r.Times)), rig.Millis(rig.Quantile(r.Times, 0.99)),
		float64(r.cpu.Microseconds()) / float64(r.Count),
	}
}

// load sends requests through the proxy while change does its work until it is
// told to stop and says how often it changed something.
func load(b *testing.B, address string, pid int, change func(stop <-chan struct{}) int) (r run) {
	b.Helper()
	stop := make(chan struct{})
	result := make(chan rig.Result)
	before := rig.CPU(pid)
	go func() { result <- rig.LoadUntil(address, []byte(get), conns, stop) }()
	timer := time.AfterFunc(duration, func() { close(stop) })
	defer timer.Stop()
	r.changes = change(stop)
	r.Result = <-result
	r.cpu = rig.CPU(pid) - before
	if r.Err != nil {
		b.Logf("%d requests failed: %v", r.Failed, r.Err)
	}
	return r
}

func await(b *testing.B, wait func(context.Context) error) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := wait(ctx); err != nil {
		b.Fatal(err)
	}
}

func listen(b *testing.B) net.Listener {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// table forwards to two target groups, with weights that differ in each version.
func table(address string, targets []string, version uint64) *route.Table {
	t := &route.Table{Epoch: 1, Version: version, Groups: map[string]*route.Group{}}
	forward := &route.Forward{}
	for i, weight := range []int{int(version % 100), 100 - int(version%100)} {
		name := fmt.Sprintf("group-%d", i)
		host, port, _ := strings.Cut(targets[i], ":")
		target := route.Target{ID: host, Address: targets[i], Registered: time.Unix(1, 0)}
		_, _ = fmt.Sscan(port, &target.Port)
		t.Groups[name] = &route.Group{
			ARN: name, Protocol: "HTTP", Version: "HTTP1", InUse: true, Targets: []route.Target{target},
			Check: route.Check{Enabled: true, Protocol: "HTTP", Path: "/", Interval: 5 * time.Second, Timeout: 2 * time.Second, Healthy: 2, Unhealthy: 2, Port: "traffic-port"},
		}
		forward.Groups = append(forward.Groups, route.Weighted{Group: name, Weight: weight})
	}
	t.Listeners = []route.Listener{{
		ARN: "listener", LB: "app/bench/1", Address: address, Protocol: "HTTP",
		Rules: []route.Rule{{ARN: "rule", Action: route.Action{Forward: forward}}},
	}}
	return t
}

package connect

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/test/bench/rig"
)

const (
	rounds  = 5
	seconds = 4
)

// path is a way through the proxy.
type path struct{ name, netns, address string }

// sample is one measurement of one path.
type sample struct {
	loaded
	cpu float64 // µs of processor time a request
}

// BenchmarkRequest prints the table.
func BenchmarkRequest(b *testing.B) {
	rig.NeedRoot(b)
	if _, err := exec.LookPath("nsenter"); err != nil {
		b.Skip("needs nsenter of util-linux")
	}
	netns := newNetns(b)
	targets := []string{rig.FreeAddress(), rig.FreeAddress()}
	for _, t := range targets {
		spawn(b, "target", "BENCH_ADDRESS="+t)
	}
	paths := []path{
		{"load balancer", "", rig.FreeAddress()},
		{"Service Connect", netns, "127.255.0.1:80"},
		{"Service Connect with access log", netns, "127.255.0.2:80"},
	}
	dir, err := os.MkdirTemp("", "bench") // short enough for sockets
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	pid := spawn(b, "grue", "BENCH_DIR="+dir)
	publish(b, dir, table(paths, targets))
	samples := map[string][]sample{}
	for round := range rounds {
		for _, p := range paths {
			s := measure(b, pid, p)
			fmt.Fprintf(os.Stderr, "round %d %-32s %6.1f µs/request %8.0f requests/s\n", round+1, p.name, s.cpu, s.Rate)
			samples[p.name] = append(samples[p.name], s)
		}
	}
	t := rig.NewTable("Processor time of the proxy for one request", "path", "CPU, µs/request", "requests/s", "p50, ms", "p99, ms", "failed", "it ÷ load balancer")
	base := median(samples[paths[0].name]).cpu
	for _, p := range paths {
		m := median(samples[p.name])
		t.Row(p.name, m.cpu, m.Rate, m.P50, m.P99, m.Failed, rig.Ratio(m.cpu, base))
	}
	t.Note("Target: Service Connect at most 1.2 × the load balancer.")
	t.Print()
	b.ReportMetric(0, "ns/op")
}

func median(s []sample) sample {
	s = slices.Clone(s)
	slices.SortFunc(s, func(a, b sample) int { return int((a.cpu - b.cpu) * 1000) })
	return s[len(s)/2]
}

func measure(b *testing.B, pid int, p path) sample {
	b.Helper()
	if _, err := load(p.netns, p.address, time.Second/2); err != nil {
		b.Fatal(err)
	}
	before := rig.CPU(pid)
	l, err := load(p.netns, p.address, seconds*time.Second)
	if err != nil || l.Count == 0 {
		b.Fatalf("%s: %d answers, %v", p.name, l.Count, err)
	}
	return sample{l, float64((rig.CPU(pid) - before).Microseconds()) / float64(l.Count)}
}

// newNetns makes a network namespace like that of a task.
func newNetns(b *testing.B) string {
	b.Helper()
	name := fmt.Sprintf("bench%d", os.Getpid())
	for _, args := range [][]string{{"netns", "add", name}, {"-n", name, "link", "set", "lo", "up"}} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			b.Skipf("no network namespace: %v %s", err, out)
		}
	}
	b.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() })
	return filepath.Join("/run/netns", name)
}

func publish(b *testing.B, dir string, t *route.Table) {
	b.Helper()
	client := link.New(filepath.Join(dir, "proxy.sock"))
	defer client.Close()
	client.Publish(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := client.WaitAck(ctx, 1); err != nil {
		b.Fatal(err)
	}
}

// table has the same two weighted groups behind each path.
func table(paths []path, targets []string) *route.Table {
	t := &route.Table{Epoch: 1, Version: 1, Groups: map[string]*route.Group{}}
	groups := func(kind string, change func(*route.Group)) *route.Forward {
		f := &route.Forward{}
		for i, weight := range []int{90, 10} {
			host, port, _ := strings.Cut(targets[i], ":")
			target := route.Target{ID: host, Address: targets[i], Registered: time.Unix(1, 0)}
			fmt.Sscan(port, &target.Port)
			g := &route.Group{ARN: fmt.Sprintf("%s-%d", kind, i), Protocol: "HTTP", Version: "HTTP1", InUse: true, Targets: []route.Target{target}}
			change(g)
			t.Groups[g.ARN] = g
			f.Groups = append(f.Groups, route.Weighted{Group: g.ARN, Weight: weight})
		}
		return f
	}
	lb := route.Action{Forward: groups("lb", func(g *route.Group) {
		g.Check = route.Check{
			Enabled: true, Protocol: "HTTP", Path: "/health", Interval: 5 * time.Second, Timeout: 2 * time.Second,
			Healthy: 2, Unhealthy: 2, Port: "traffic-port",
		}
	})}
	mesh := route.Action{Forward: groups("mesh", func(g *route.Group) {
		g.Resilience = &route.Resilience{Retries: 2, Failures: 5, Interval: 30 * time.Second, Eject: 30 * time.Second, MaxEject: 300 * time.Second}
	})}
	test := route.Condition{Field: "http-header", Header: "x-amzn-ecs-blue-green-test", Values: []string{"*"}}
	t.Listeners = []route.Listener{{ARN: "lb", LB: "app/bench/1", Address: paths[0].address, Protocol: "HTTP", ServerHeader: true, Rules: []route.Rule{
		{ARN: "1", Priority: 1, Action: lb, Conditions: []route.Condition{{Field: "http-header", Header: "X-Test", Values: []string{"test"}}}},
		{ARN: "2", Priority: 2, Action: lb, Conditions: []route.Condition{{Field: "path-pattern", Values: []string{"/api/*"}}}},
		{ARN: "3", Action: lb},
	}}}
	for i, p := range paths[1:] {
		l := route.Listener{ARN: "mesh-" + p.name, Protocol: "HTTP", Connect: &route.Connect{RequestTimeout: 15 * time.Second}, Rules: []route.Rule{
			{ARN: p.name + "1", Priority: 1, Action: mesh, Conditions: []route.Condition{test}}, {ARN: p.name + "2", Action: mesh},
		}, Binds: []route.Bind{{NetNS: p.netns, Address: p.address, Task: "1", Client: "bench"}}}
		if i > 0 {
			l.Connect.LogFormat, l.Binds[0].Log = "TEXT", "bench.log"
		}
		t.Listeners = append(t.Listeners, l)
	}
	return t
}

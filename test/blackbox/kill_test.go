package blackbox

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/grue-ecs/grue/test/harness"
)

// TestServerDiesDuringDeployments kills the control plane again and again: not
// one request may notice, and every deployment must end as if nothing happened.
func TestServerDiesDuringDeployments(t *testing.T) {
	g := grueFor(t)
	svc := g.NewService(t, "web", g.Guest(t, "v0", ""), 2)
	load := harness.StartLoad(t, svc.URL)
	for i, v := range []string{"v1", "v2", "v3"} {
		svc.Update(t, g.Guest(t, v, "slow"))
		began := time.Now()
		harness.Await(t, "a moment to kill at", func() bool { return time.Since(began) > time.Duration(i)*400*time.Millisecond })
		g.Kill("server")
		g.Healthy()
		g.Kill("server")
		g.Healthy()
		if got := svc.Wait(t); got != types.ServiceDeploymentStatusSuccessful {
			t.Fatalf("deployment of %s: %s\n%s", v, got, svc.Story(t))
		}
		harness.Await(t, "answers of "+v, func() bool { return load.Seen(v) > 50 })
	}
	load.StopAndExpectNoFailures(t)
	if n := len(svc.Tasks(t)); n != 2 {
		t.Errorf("%d tasks run, want 2", n)
	}
}

// TestServerDiesWithHostPorts: published ports of bridge-mode tasks stay open
// while the server is away and when it comes back.
func TestServerDiesWithHostPorts(t *testing.T) {
	t.Parallel()
	g := grueFor(t)
	svc := g.NewServiceOf(t, bridged("ports", g.Guest(t, "v1", ""), 4))
	load := harness.StartLoad(t, svc.URL)
	var direct []*harness.Load
	for _, x := range svc.Details(t) {
		direct = append(direct, harness.StartLoad(t, fmt.Sprintf("http://127.0.0.1:%d/", *x.Containers[0].NetworkBindings[0].HostPort)))
	}
	for range 5 {
		sent, _ := load.Requests()
		g.Kill("server")
		g.Healthy()
		harness.Await(t, "requests after the restart", func() bool { n, _ := load.Requests(); return n > sent+500 })
	}
	for _, d := range direct {
		d.StopAndExpectNoFailures(t)
	}
	svc.Update(t, g.Guest(t, "v2", ""))
	g.Kill("server")
	g.Healthy()
	if got := svc.Wait(t); got != types.ServiceDeploymentStatusSuccessful {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	harness.Await(t, "answers of v2", func() bool { return load.Seen("v2") > 50 })
	load.StopAndExpectNoFailures(t)
}

// TestProxyDies: connections that the proxy held break, which is the point; what
// comes after the kill is not refused and waits for the next proxy, and tasks are
// untouched.
func TestProxyDies(t *testing.T) {
	g := grueFor(t)
	svc := g.NewService(t, "web", g.Guest(t, "v1", ""), 2)
	before := svc.Tasks(t)
	for range 3 {
		g.Kill("proxy")
		load := harness.StartLoad(t, svc.URL)
		harness.Await(t, "answers after the kill", func() bool { return load.Seen("v1") > 10 })
		load.StopAndExpectNoFailures(t)
	}
	after := svc.Tasks(t)
	slices.Sort(before)
	slices.Sort(after)
	if !slices.Equal(before, after) {
		t.Errorf("tasks changed: %v, then %v", before, after)
	}
}

// TestUpDies: proxy and tasks go on without `grue up`, and the next one adopts them.
func TestUpDies(t *testing.T) {
	g := grueFor(t)
	svc := g.NewService(t, "web", g.Guest(t, "v1", ""), 2)
	load := harness.StartLoad(t, svc.URL)
	before := svc.Tasks(t)
	g.Crash()
	sent, _ := load.Requests()
	harness.Await(t, "requests without grue up", func() bool { n, _ := load.Requests(); return n > sent+500 })
	g.Up()
	svc.Update(t, g.Guest(t, "v2", ""))
	if got := svc.Wait(t); got != types.ServiceDeploymentStatusSuccessful {
		t.Fatalf("%s\n%s", got, svc.Story(t))
	}
	load.StopAndExpectNoFailures(t)
	for _, task := range svc.Tasks(t) {
		if slices.Contains(before, task) {
			t.Errorf("task %s survived its replacement", task)
		}
	}
}

// TestEverythingDiesDuringDeployments: proxy, server and `grue up` are killed in
// the middle of a deployment; it ends well, and no request fails that did not meet
// a dying proxy, nor is one refused while grue up lives.
func TestEverythingDiesDuringDeployments(t *testing.T) {
	t.Parallel()
	g := grueFor(t)
	svc := g.NewService(t, "web", g.Guest(t, "v0", ""), 2)
	for i, kill := range []func(){
		func() { g.Kill("proxy") },
		func() { g.Kill("server"); g.Kill("proxy") },
		func() { g.Crash(); g.Kill("proxy"); g.Up() }, // the server goes with grue up
	} {
		v := fmt.Sprint("v", i+1)
		svc.Update(t, g.Guest(t, v, "slow"))
		began := time.Now()
		harness.Await(t, "a moment to kill at", func() bool { return time.Since(began) > time.Duration(i+1)*500*time.Millisecond })
		kill()
		harness.Await(t, "an answer", func() bool {
			resp, err := http.Get(svc.URL)
			if err != nil {
				if i < 2 { // grue up lives and holds the sockets
					t.Errorf("%s: a request that came after the kill failed: %v", v, err)
				}
				return false
			}
			resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		})
		load := harness.StartLoad(t, svc.URL)
		g.Healthy()
		if got := svc.Wait(t); got != types.ServiceDeploymentStatusSuccessful {
			t.Errorf("deployment of %s: %s\n%s", v, got, svc.Story(t))
		}
		harness.Await(t, "answers of "+v, func() bool { return load.Seen(v) > 50 })
		load.StopAndExpectNoFailures(t)
	}
	if n := len(svc.Tasks(t)); n != 2 {
		t.Errorf("%d tasks run, want 2", n)
	}
}

// TestStopAndStartAgain: SIGTERM stops the tasks; the next `grue up` starts the
// services again; with --keep-tasks they never stop.
func TestStopAndStartAgain(t *testing.T) {
	g := grueFor(t)
	svc := g.NewService(t, "web", g.Guest(t, "v1", "stubborn"), 2)
	if took := g.Down(); took > time.Minute {
		t.Errorf("grue up took %v to end", took)
	}
	if pids := g.PIDs("shim"); len(pids) > 0 {
		t.Errorf("tasks run on after SIGTERM: %v", pids)
	}
	g.Up()
	svc.Wait(t)
	g.Args = append(g.Args, "--keep-tasks")
	g.Down() // still without the flag
	g.Up()
	svc.Wait(t)
	harness.Await(t, "both targets are healthy", func() bool { // until one is, requests go to all of them
		out, err := g.ELB().DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &svc.TargetGroup})
		if err != nil {
			return false
		}
		healthy := 0
		for _, d := range out.TargetHealthDescriptions {
			if d.TargetHealth.State == "healthy" {
				healthy++
			}
		}
		return healthy == 2
	})
	before := svc.Tasks(t)
	load := harness.StartLoad(t, svc.URL)
	g.Down()
	if pids := g.PIDs("shim"); len(pids) != 2 {
		t.Errorf("%d tasks run on with --keep-tasks, want 2", len(pids))
	}
	g.Up()
	load.StopAndExpectNoFailures(t)
	after := svc.Tasks(t)
	slices.Sort(before)
	slices.Sort(after)
	if !slices.Equal(before, after) {
		t.Errorf("tasks changed: %v, then %v", before, after)
	}
}

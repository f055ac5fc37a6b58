package blackbox

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestBlueGreenLife walks through every stage of a BLUE_GREEN deployment, under
// load over HTTP/1.1, HTTP/2, WebSocket and an upload that spans the shift: who
// answers what at each stage, and what the API says of it.
func TestBlueGreenLife(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	cert, key, _ := selfSigned(t, "life.example.com")
	svc := g.NewShift(t, harness.ShiftSpec{
		Name: "bg-life", Image: g.Guest(t, "v1", "stubborn"), Count: 2, // CLEAN_UP lasts as long as it is stopped
		Define: func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].StopTimeout = aws.Int32(5) },
		Fronts: []harness.FrontSpec{{Test: harness.TestListener}, {Port: 443, Cert: cert, Key: key}},
	})
	plain, secure := svc.Fronts[0], svc.Fronts[1]
	live := plain.Live(t)
	if live != 1 || secure.Live(t) != 1 {
		t.Errorf("the first deployment went to group %d, want the alternate one", live)
	}
	load := harness.StartTraffic(t,
		harness.Lane{Kind: "http1", URL: plain.URL}, harness.Lane{Kind: "http1s", URL: secure.URL, Connections: 1},
		harness.Lane{Kind: "http2", URL: secure.URL, HTTP2: true}, harness.Lane{Kind: "test", URL: plain.TestURL, Connections: 1},
	)
	production := []string{"http1", "http1s", "http2"}
	echo := harness.OpenEcho(t, plain.URL)
	var held [2]gate
	hooks := []types.DeploymentLifecycleHook{
		g.NewHook(t, "bg-life-test", held[0].answer).On(testShift), g.NewHook(t, "bg-life-shift", held[1].answer).On(shift),
		harness.PauseAt(preScaleUp, upScaled, postTest, preShift, postShift),
	}
	svc.Configure(t, harness.BlueGreen(8, hooks...))
	svc.Update(t, g.Guest(t, "v2", "waiting"))
	life := svc.Life(t)

	// who answers production and test requests, and the shares of the live group and the other.
	check := func(what, prod, test, prodSplit, testSplit string) {
		t.Helper()
		load.Only(t, what, prod, 30, production...)
		load.Only(t, what, test, 20, "test")
		plain.ExpectSplits(t, what, live, prodSplit, testSplit)
		secure.ExpectSplits(t, what, live, prodSplit, "")
		echo.Say(t, what)
	}
	svc.Pass(t, preScaleUp, func(d types.ServiceDeployment) {
		looks(t, d, "2+0 100 100", "0+0 0 0")
		check(preScaleUp, "v1", "v1", "100:0", "100:0")
	})
	harness.Await(t, "SCALE_UP was seen", func() bool { return slices.Contains(life.Stages(), scaleUp) })
	harness.Await(t, "both tasks are told that they are well", func() bool { return tell(t, svc.Service, "well") == 2 })
	svc.Pass(t, upScaled, func(d types.ServiceDeployment) {
		looks(t, d, "2+0 100 100", "2+0 0 0")
		check(upScaled, "v1", "v1", "100:0", "100:0")
	})
	svc.Deployment(t, "test traffic on green", func(d types.ServiceDeployment) bool {
		return d.LifecycleStage == testShift && plain.Split(t, plain.Test) == "100:0"
	})
	held[0].open.Store(true)
	svc.Pass(t, postTest, func(d types.ServiceDeployment) {
		looks(t, d, "2+0 100 0", "2+0 0 100")
		check(postTest, "v1", "v2", "100:0", "0:100")
	})
	var upload *harness.Upload
	svc.Pass(t, preShift, func(d types.ServiceDeployment) {
		looks(t, d, "2+0 100 0", "2+0 0 100")
		check(preShift, "v1", "v2", "100:0", "0:100")
		upload = harness.StartUpload(t, plain.URL)
		harness.Await(t, "the upload is on its way", func() bool { return upload.Sent() > 5000 })
		for _, kind := range production {
			if n := load.Seen(kind, "v2"); n > 0 {
				t.Errorf("%d %s requests were answered by green before its stage", n, kind)
			}
		}
	})
	svc.Deployment(t, "production traffic on green", func(d types.ServiceDeployment) bool {
		return d.LifecycleStage == shift && plain.Split(t, plain.Production) == "100:0" && secure.Split(t, secure.Production) == "100:0"
	})
	held[1].open.Store(true)
	svc.Pass(t, postShift, func(d types.ServiceDeployment) {
		looks(t, d, "2+0 0 0", "2+0 100 100")
		check(postShift, "v2", "v2", "0:100", "0:100")
		upload.Finish(t, "v1")
	})
	looks(t, svc.At(t, bakeTime), "2+0 0 0", "2+0 100 100")
	if d := svc.Ended(t); d.Status != successful || d.FinishedAt == nil {
		t.Fatalf("%s\n%s", d.Status, svc.Story(t))
	}
	life.Stop()
	want := []harness.Stage{preScaleUp, scaleUp, upScaled, testShift, postTest, preShift, shift, postShift, bakeTime, cleanUp}
	if got := life.Stages(); !slices.Equal(got, want) {
		t.Errorf("stages %v, want %v", got, want)
	}
	load.StopAndExpectNoFailures(t)
}

// TestTargetGroupsToggle: green goes to the group that does not serve, from the
// first deployment on, and resolvedConfiguration tells which that was. What
// the service is configured with never changes.
func TestTargetGroupsToggle(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "toggle", Image: g.Guest(t, "v0", ""), Count: 1})
	front := svc.Fronts[0]
	load := harness.StartTraffic(t, harness.Lane{URL: front.URL})
	for i, v := range []string{"v0", "v1", "v2", "v3"} {
		if i > 0 {
			replace(t, svc.Service, g.Guest(t, v, ""), successful)
		}
		live := front.Live(t)
		if live != (i+1)%2 {
			t.Errorf("%s is in group %d", v, live)
		}
		load.Only(t, "after "+v, v, 20, "")
		d := svc.Newest(t)
		if got := resolved(t, g, *d.TargetServiceRevision.Arn); !slices.Equal(got, []string{front.Groups[live]}) {
			t.Errorf("%s: resolvedConfiguration tells %v, want %s", v, got, front.Groups[live])
		}
		if n := healthy(t, g, front.Groups[live]); n != 1 {
			t.Errorf("%s: %d healthy targets in its group", v, n)
		}
		if n := healthy(t, g, front.Groups[1-live]); n != 0 {
			t.Errorf("%s: %d healthy targets in the other group", v, n)
		}
		lb := svc.Describe(t).LoadBalancers[0]
		if *lb.TargetGroupArn != front.Groups[0] || *lb.AdvancedConfiguration.AlternateTargetGroupArn != front.Groups[1] {
			t.Errorf("%s: the configuration changed to %s and %s", v, *lb.TargetGroupArn, *lb.AdvancedConfiguration.AlternateTargetGroupArn)
		}
	}
	load.StopAndExpectNoFailures(t)
}

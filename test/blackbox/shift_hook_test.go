package blackbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// hooked makes a service of one task and a load on it.
func hooked(t *testing.T, g *harness.Grue, name string) (*harness.Shift, *harness.Traffic) {
	t.Helper()
	svc := g.NewShift(t, harness.ShiftSpec{Name: name, Image: g.Guest(t, "v1", ""), Count: 1})
	return svc, harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: svc.Fronts[0].URL}, harness.Lane{Kind: "test", URL: svc.Fronts[0].TestURL, Connections: 1})
}

// TestHookAnswers: what a Lambda hook answers decides, with ECS's own words.
func TestHookAnswers(t *testing.T) {
	t.Parallel()
	const failed = "Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. "
	const noStatus = failed + "ECS was unable to parse the response from <arn> due to HookStatus must not be null"
	const timedOut = failed + "Lifecycle hook target <arn> timed out."
	g := harness.Quick(t)
	svc, load := hooked(t, g, "answers")
	var mu sync.Mutex
	var answer any
	hook := g.NewHook(t, "answers", func(harness.HookCall) any {
		mu.Lock()
		defer mu.Unlock()
		return answer
	})
	for i, c := range []struct {
		name   string
		answer any
		limit  int32 // timeoutInMinutes, enough for a first call; 0 = none given
		action types.DeploymentLifecycleHookAction
		reason string // of the rollback; "" = it succeeds
	}{
		{name: "fails", answer: harness.Say("FAILED"), reason: failed + "Lifecycle hook target <arn> returned FAILED status."},
		{name: "no status", answer: map[string]any{"ok": true}, reason: noStatus},
		{name: "null", answer: nil, reason: noStatus},
		{name: "a text", answer: "SUCCEEDED", reason: noStatus},
		{name: "a list", answer: []string{"SUCCEEDED"}, reason: noStatus},
		{name: "lower case", answer: harness.Say("succeeded"), reason: noStatus},
		{name: "unknown status", answer: harness.Say("MAYBE"), reason: noStatus},
		{name: "raises", answer: harness.Raise("no database"), reason: failed + "Lifecycle hook target <arn> returned a function error: Exception: no database"},
		{name: "time-out", answer: harness.Again(1), limit: 5, reason: timedOut},
		{name: "time-out, go back", answer: harness.Again(1), limit: 5, action: goBack, reason: timedOut},
		{name: "time-out, go on", answer: harness.Again(1), limit: 5, action: goOn},
		{name: "more members", answer: map[string]any{"hookStatus": "SUCCEEDED", "reason": "fine"}},
	} {
		before, calls, version := svc.Tasks(t), len(hook.Calls()), fmt.Sprint("v", i+2)
		mu.Lock()
		answer = c.answer
		mu.Unlock()
		h := hook.On(upScaled)
		if c.limit > 0 {
			h = harness.Timeout(h, c.limit, c.action)
		}
		svc.Configure(t, harness.BlueGreen(0, h))
		svc.Update(t, g.Guest(t, version, ""))
		d := svc.Ended(t)
		want := successful
		if c.reason != "" {
			want = rolledBack
		}
		if reason := strings.ReplaceAll(value(d.StatusReason), hook.ARN, "<arn>"); d.Status != want || reason != c.reason {
			t.Errorf("%s: %s %q, want %s %q", c.name, d.Status, reason, want, c.reason)
		}
		if len(hook.Calls()) == calls {
			t.Errorf("%s: the hook was not called", c.name)
		}
		if want == successful {
			continue
		}
		if after := svc.Tasks(t); !slices.Equal(before, after) {
			t.Errorf("%s: tasks %v before, %v after", c.name, before, after)
		}
		if n := load.Seen("prod", version) + load.Seen("test", version); n > 0 {
			t.Errorf("%s: %d requests were answered by the version that failed its hook", c.name, n)
		}
	}
	load.StopAndExpectNoFailures(t)
}

// value is *p, or the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// TestHookCarriesDetails: IN_PROGRESS calls the hook again under the same
// execution, with the details of its own last answer merged over the configured ones.
func TestHookCarriesDetails(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc, load := hooked(t, g, "details")
	hook := g.NewHook(t, "details", func(c harness.HookCall) any {
		if c.N < 3 {
			return map[string]any{"hookStatus": "IN_PROGRESS", "callBackDelay": 1, "hookDetails": map[string]any{"n": c.N}}
		}
		return harness.Say(succeeds)
	})
	h := hook.On(postTest)
	h.HookDetails = document.NewLazyDocument(map[string]any{"suite": "smoke", "n": -1})
	svc.Configure(t, harness.BlueGreen(0, h))
	for round := range 2 {
		was := len(hook.Calls())
		replace(t, svc.Service, g.Guest(t, "v2", strings.Repeat("slow", round)), successful)
		calls := hook.Calls()[was:]
		if round == 1 { // details are of a deployment, not of the service
			calls = calls[:1]
		} else if len(calls) != 4 {
			t.Fatalf("%d calls", len(calls))
		}
		for i, c := range calls {
			var got struct {
				Suite string
				N     int
			}
			if err := json.Unmarshal(c.HookDetails, &got); err != nil || got.Suite != "smoke" || got.N != i-1 {
				t.Errorf("call %d got the details %s", i, c.HookDetails)
			}
			if c.ExecutionID != calls[0].ExecutionID || len(c.ExecutionID) != 36 {
				t.Errorf("call %d has the execution id %s, the first %s", i, c.ExecutionID, calls[0].ExecutionID)
			}
		}
	}
	load.StopAndExpectNoFailures(t)
}

// TestHookPayloads: the weights that each stage tells, once for each step, and
// those of the way back.
func TestHookPayloads(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc, load := hooked(t, g, "payload")
	blue := *svc.Newest(t).TargetServiceRevision.Arn
	var mu sync.Mutex
	var got []string
	var green string
	weights := func(w map[string]float64) string {
		if len(w) == 0 {
			return "-"
		}
		doc, _ := json.Marshal([]float64{w[blue], w[green]})
		if len(w) != 2 {
			return "wrong keys"
		}
		return string(doc)
	}
	var fail bool
	hook := g.NewHook(t, "payload", func(c harness.HookCall) any {
		mu.Lock()
		defer mu.Unlock()
		green = c.ExecutionDetails.TargetServiceRevisionARN
		got = append(got, c.LifecycleStage+" "+weights(c.ExecutionDetails.TestTrafficWeights)+" "+weights(c.ExecutionDetails.ProductionTrafficWeights))
		if fail && c.LifecycleStage == postShift {
			return harness.Say("FAILED")
		}
		return harness.Say(succeeds)
	})
	svc.Configure(t, harness.Canary(12.5, 0, hook.On(preScaleUp, upScaled, testShift, postTest, preShift, shift, postShift)))
	want := []string{
		preScaleUp + " - -", upScaled + " - -", testShift + " [0,100] -", postTest + " - -",
		preShift + " - [100,0]", shift + " - [87.5,12.5]", preShift + " - [87.5,12.5]", shift + " - [0,100]", postShift + " - -",
	}
	d := replace(t, svc.Service, g.Guest(t, "v2", ""), successful)
	mu.Lock()
	if !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
	for _, c := range hook.Calls() {
		if c.ResourceARN != *d.ServiceDeploymentArn || c.ExecutionDetails.ServiceARN != *d.ServiceArn || green != *d.TargetServiceRevision.Arn || c.HookDetails != nil {
			t.Errorf("payload %s", c.Raw)
		}
	}
	blue, got, fail = green, nil, true
	mu.Unlock()
	d = replace(t, svc.Service, g.Guest(t, "v3", ""), rolledBack)
	want = append(want, shift+" - [100,0]", testShift+" [100,0] -")
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(got, want) {
		t.Errorf("calls with rollback %q, want %q", got, want)
	}
	if green != *d.TargetServiceRevision.Arn {
		t.Errorf("the hooks of the rollback were told the target %s, want green", green)
	}
	load.StopAndExpectNoFailures(t)
}

// TestHooksOfOneStage run in parallel, each to its own end: the stage waits for
// all, a failure of one decides, and a pause beside them needs its own answer.
func TestHooksOfOneStage(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc, load := hooked(t, g, "several")
	var first gate
	var failing atomic.Bool
	second := g.NewHook(t, "several-2", func(harness.HookCall) any {
		if failing.Load() {
			return harness.Say("FAILED")
		}
		return harness.Say(succeeds)
	})
	one := g.NewHook(t, "several-1", first.answer)
	svc.Configure(t, harness.BlueGreen(0, one.On(postTest), second.On(postTest), harness.PauseAt(postTest), harness.PauseAt(postTest)))
	svc.Update(t, g.Guest(t, "v2", ""))
	d := svc.Deployment(t, "two pauses", func(d types.ServiceDeployment) bool { return len(harness.Waiting(d)) == 2 })
	harness.Await(t, "both functions were called", func() bool { return len(one.Calls()) > 0 && len(second.Calls()) > 0 })
	svc.Answer(t, d, goOn)
	calls := len(one.Calls())
	harness.Await(t, "the first goes on being called", func() bool { return len(one.Calls()) > calls+2 })
	svc.Deployment(t, "the first is the only open hook", func(d types.ServiceDeployment) bool {
		open := d.LifecycleHookDetails // the answer of the second may take its time
		return d.LifecycleStage == postTest && len(open) == 1 && value(open[0].TargetArn) == one.ARN && open[0].Status == "IN_PROGRESS"
	})
	first.open.Store(true)
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s", d.Status, value(d.StatusReason))
	}
	failing.Store(true)
	svc.Update(t, g.Guest(t, "v3", "")) // the second function fails at once, while the pauses wait
	if d := svc.Ended(t); d.Status != rolledBack || !strings.Contains(value(d.StatusReason), second.ARN+" returned FAILED status.") {
		t.Errorf("%s %s", d.Status, value(d.StatusReason))
	}
	load.StopAndExpectNoFailures(t)
}

// TestPauseErrors: ids that are malformed, unknown, answered or of a deployment that is over.
func TestPauseErrors(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc, load := hooked(t, g, "pauses")
	svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(preScaleUp, upScaled)))
	svc.Update(t, g.Guest(t, "v2", ""))
	d := svc.Paused(t, preScaleUp)
	id := harness.Waiting(d)[0]
	if !strings.HasPrefix(id, "ecs-pause-") {
		t.Errorf("hook id %s", id)
	}
	ctx := context.Background()
	reply := func(arn, hook string) error {
		_, err := g.ECS().ContinueServiceDeployment(ctx, continueInput(arn, hook))
		return err
	}
	const gone = "Provided hookId is either completed, unavailable, or not associated with the given Resource ARN"
	expect(t, reply(*d.ServiceDeploymentArn, "nonsense"), "InvalidParameterException", "Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}")
	expect(t, reply(*d.ServiceDeploymentArn, "ecs-pause-unknown"), "InvalidParameterException", gone)
	expect(t, reply(*d.ServiceDeploymentArn+"x", id), "ServiceDeploymentNotFoundException", "The service deployment does not exist.")
	if err := reply(*d.ServiceDeploymentArn, id); err != nil {
		t.Fatal(err)
	}
	second := svc.Paused(t, upScaled)
	if harness.Waiting(second)[0] == id {
		t.Error("two pauses have one id")
	}
	expect(t, reply(*d.ServiceDeploymentArn, id), "InvalidParameterException", gone)
	svc.Answer(t, second, goOn)
	svc.Ended(t)
	expect(t, reply(*d.ServiceDeploymentArn, id), "InvalidParameterException", "Continuing a service deployment is not allowed for service deployment in terminal states.")
	load.StopAndExpectNoFailures(t)
}

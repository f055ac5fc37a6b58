package blackbox

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

var update = flag.Bool("update", false, "write the golden files anew")

// turnstile is a hook's answer: IN_PROGRESS, until pass lets one more execution through.
type turnstile struct {
	mu      sync.Mutex
	seen    []string
	allowed int
}

func (x *turnstile) answer(c harness.HookCall) any {
	x.mu.Lock()
	defer x.mu.Unlock()
	i := slices.Index(x.seen, c.ExecutionID)
	if i < 0 {
		i, x.seen = len(x.seen), append(x.seen, c.ExecutionID)
	}
	if i < x.allowed {
		return harness.Say(succeeds)
	}
	return harness.Again(1)
}

// waits tells whether an execution stands before it.
func (x *turnstile) waits() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.seen) > x.allowed
}

func (x *turnstile) pass() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.allowed++
}

// recorded is a deployment whose life is written down.
type recorded struct {
	*harness.Shift
	g    *harness.Grue
	turn turnstile
	tidy harness.Tidy
	last map[string]json.RawMessage // what DescribeServiceDeployments answered before
	doc  strings.Builder
}

// record makes a service of one task whose deployments stand still at every stage.
func record(t *testing.T, g *harness.Grue, name string, config func(...types.DeploymentLifecycleHook) *types.DeploymentConfiguration) *recorded {
	t.Helper()
	x := &recorded{g: g}
	hook := g.NewHook(t, name, x.turn.answer)
	g.NewAlarm(t, name)
	x.Shift = g.NewShift(t, harness.ShiftSpec{Name: name, Image: g.Guest(t, "v1", ""), Count: 1})
	c := config(hook.On(testShift, shift), harness.PauseAt(preScaleUp, upScaled, postTest, preShift, postShift))
	bake := int32(10) // long enough to be looked at
	c.BakeTimeInMinutes = &bake
	x.Configure(t, harness.Watched(c, name))
	return x
}

// look writes down DescribeServiceDeployments: all of it, and after the first
// time the members that changed since.
func (x *recorded) look(t *testing.T, what string) {
	t.Helper()
	d := x.Newest(t)
	var doc struct{ ServiceDeployments []map[string]json.RawMessage }
	answer := x.tidy.Text(string(x.g.Call(t, "DescribeServiceDeployments", map[string]any{"serviceDeploymentArns": []string{*d.ServiceDeploymentArn}})))
	if err := json.Unmarshal([]byte(answer), &doc); err != nil {
		t.Fatal(err)
	}
	now := doc.ServiceDeployments[0]
	news := maps.Clone(now)
	for name, was := range x.last {
		switch value, there := now[name]; {
		case !there:
			news[name] = json.RawMessage(`"(gone)"`)
		case bytes.Equal(was, value):
			delete(news, name)
		}
	}
	x.last = now
	out, err := json.MarshalIndent(news, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	x.doc.WriteString("== " + what + "\n" + strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(out)) + "\n")
}

// pause looks at the deployment while it pauses at a stage, and lets it go on.
func (x *recorded) pause(t *testing.T, stage harness.Stage) {
	t.Helper()
	x.Pass(t, stage, func(types.ServiceDeployment) { x.look(t, string(stage)+", paused") })
}

// held waits until a shift stage waits for its hook, and looks.
func (x *recorded) held(t *testing.T, stage harness.Stage, what string) {
	t.Helper()
	x.Deployment(t, string(stage), func(d types.ServiceDeployment) bool { return d.LifecycleStage == stage && x.turn.waits() })
	x.look(t, string(stage)+", "+what)
}

// compare adds the events and compares all with the golden file.
func (x *recorded) compare(t *testing.T, events *harness.Events) {
	t.Helper()
	var lines []string
	last := func() bool {
		lines = nil
		for _, e := range events.Of("/" + x.Name) {
			if e.DetailType != "ECS Task State Change" && e.Source == "aws.ecs" { // decisions are grue's own
				doc, _ := json.Marshal(e.Detail)
				lines = append(lines, e.DetailType+" "+string(doc))
			}
		}
		return len(lines) > 0 && strings.Contains(lines[len(lines)-1], "SERVICE_STEADY_STATE")
	}
	harness.Await(t, "the event of the steady state", last)
	x.doc.WriteString("== service events, oldest first\n")
	for _, e := range slices.Backward(x.Describe(t).Events) {
		x.doc.WriteString(*e.Message + "\n")
	}
	x.doc.WriteString("== EventBridge events, except those of tasks\n")
	x.doc.WriteString(strings.Join(lines, "\n") + "\n")
	got, path := x.tidy.Text(x.doc.String()), filepath.Join("testdata", x.Name+".golden")
	if *update {
		write(t, path, got)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Fatalf("%s:%d: now %q, it was %q; after a review, write it anew with -update", path, i+1, a, b)
		}
	}
}

// TestLifeOfACanary is the recorded life of a canary of 5 %.
func TestLifeOfACanary(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	x := record(t, g, "golden-canary", canary(5))
	events := g.Events(t)
	x.Update(t, g.Guest(t, "v2", ""))
	x.pause(t, preScaleUp)
	x.pause(t, upScaled)
	x.held(t, testShift, "weights set, hook running")
	x.turn.pass()
	x.pause(t, postTest)
	for _, step := range []string{"step 1", "step 2"} {
		x.pause(t, preShift)
		x.held(t, shift, step+", weights set, hook running")
		x.turn.pass()
	}
	x.pause(t, postShift)
	x.At(t, bakeTime)
	x.look(t, bakeTime)
	x.Ended(t)
	x.look(t, "the end")
	x.compare(t, events)
}

// TestLifeOfARollback is the recorded life of a linear deployment in steps of
// 25 %, whose alarm fires in the second.
func TestLifeOfARollback(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	x := record(t, g, "golden-linear", linear(25))
	events := g.Events(t)
	x.Update(t, g.Guest(t, "v2", ""))
	x.pause(t, preScaleUp)
	x.pause(t, upScaled)
	x.held(t, testShift, "weights set, hook running")
	x.turn.pass()
	x.pause(t, postTest)
	x.pause(t, preShift)
	x.held(t, shift, "step 1, weights set, hook running")
	x.turn.pass()
	x.pause(t, preShift)
	x.held(t, shift, "step 2, weights set, hook running")
	g.SetAlarm(t, x.Name, alarmed)
	x.Deployment(t, "a rollback", func(d types.ServiceDeployment) bool { return d.Rollback != nil })
	x.turn.pass() // in place of the execution that the rollback abandoned
	back := func(d types.ServiceDeployment) bool { return d.Rollback != nil && x.turn.waits() }
	x.Deployment(t, "production back on blue", func(d types.ServiceDeployment) bool { return back(d) && d.LifecycleStage == shift })
	x.look(t, "alarm: production back on blue, hook running")
	x.turn.pass()
	x.Deployment(t, "test traffic back on blue", func(d types.ServiceDeployment) bool { return back(d) && d.LifecycleStage == testShift })
	x.look(t, "alarm: test traffic back on blue, hook running")
	x.turn.pass()
	x.Ended(t)
	x.look(t, "the end")
	x.compare(t, events)
}

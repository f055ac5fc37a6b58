package scrape

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// told is what GET /metrics answers.
func told(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func expect(t *testing.T, m *Metrics, lines ...string) {
	t.Helper()
	text := told(t, m)
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, "{")
			t.Errorf("not told: %s", line)
			for _, l := range strings.Split(text, "\n") {
				if strings.HasPrefix(l, name) && !strings.HasSuffix(l, " 0") {
					t.Log(l)
				}
			}
		}
	}
}

func change[T any](table store.Table[T], old, value *T) store.Commit {
	return store.Commit{Changes: []store.Change{{Kind: table.Kind(), ID: "x", Old: old, New: value}}}
}

// TestDeployments: stages as they are left, waits for people, and ends with their
// causes.
func TestDeployments(t *testing.T) {
	m, at := New("test", "fake"), func(s int) time.Time { return time.Unix(int64(1700000000+s), 0) }
	var before *state.Deployment
	step := func(f func(d *deploy.Deployment)) {
		d := &state.Deployment{ID: "d"}
		if before != nil {
			d.Machine = *before.Machine.Clone()
		}
		f(&d.Machine)
		m.follow(change(state.Deployments, before, d))
		before = d
	}
	step(func(d *deploy.Deployment) { *d = deploy.Deployment{Strategy: deploy.Canary, Status: deploy.Pending} })
	step(func(d *deploy.Deployment) {
		d.Status, d.StartedAt, d.Stage, d.StageEntered = deploy.InProgress, at(0), deploy.ScaleUp, at(0)
		d.Config.Hooks = []deploy.HookConfig{{Type: deploy.Pause, Minutes: 10}}
	})
	step(func(d *deploy.Deployment) {
		d.Stage, d.StageEntered, d.UpdatedAt = deploy.PostScaleUp, at(40), at(40)
		d.Hooks = []deploy.Hook{{Type: deploy.Pause, Execution: "e", Status: deploy.HookAwaitingAction, ExpiresAt: at(640)}}
	})
	step(func(d *deploy.Deployment) { d.UpdatedAt, d.Desired = at(50), 7 }) // nothing to count
	step(func(d *deploy.Deployment) { d.UpdatedAt, d.Hooks[0].Status = at(60), deploy.HookSucceeded })
	step(func(d *deploy.Deployment) {
		d.Status, d.FinishedAt, d.Failure = deploy.RollbackSuccessful, at(100), &deploy.Failure{Kind: deploy.FailAlarm}
	})
	step(func(d *deploy.Deployment) { d.UpdatedAt = at(200) }) // it is over
	expect(
		t, m,
		`grue_deployments_total{cause="alarm",outcome="ROLLBACK_SUCCESSFUL",strategy="CANARY"} 1`,
		`grue_deployment_duration_seconds_sum{outcome="ROLLBACK_SUCCESSFUL",strategy="CANARY"} 100`,
		`grue_deployment_duration_seconds_count{outcome="ROLLBACK_SUCCESSFUL",strategy="CANARY"} 1`,
		`grue_deployment_stage_duration_seconds_sum{stage="SCALE_UP",strategy="CANARY"} 40`,
		`grue_deployment_stage_duration_seconds_sum{stage="POST_SCALE_UP",strategy="CANARY"} 60`,
		`grue_approval_wait_seconds_sum 20`, `grue_approval_wait_seconds_count 1`,
	)
}

func TestTasks(t *testing.T) {
	m, at := New("test", "fake"), func(s int) time.Time { return time.Unix(int64(1700000000+s), 0) }
	pending := &state.Task{LastStatus: "PENDING", Created: at(0)}
	running := &state.Task{LastStatus: "RUNNING", Created: at(0), Started: at(3)}
	m.follow(change(state.Tasks, nil, pending))
	m.follow(change(state.Tasks, pending, running))
	m.follow(change(state.Tasks, running, running))
	for range 2 {
		m.follow(change(state.Tasks, running, &state.Task{LastStatus: "STOPPED", StopCode: "EssentialContainerExited"}))
	}
	m.follow(change(state.Tasks, running, &state.Task{LastStatus: "STOPPED"}))
	m.follow(change(state.Tasks, running, nil))
	expect(t, m, `grue_task_start_duration_seconds_sum 3`, `grue_task_start_duration_seconds_count 1`,
		`grue_task_stops_total{stop_code="EssentialContainerExited"} 2`, `grue_task_stops_total{stop_code="none"} 1`)
}

// TestBounds: nothing that clients choose makes series without end.
func TestBounds(t *testing.T) {
	m := New("test", "fake")
	var events []store.Event
	for i := range 3 * maxCodes {
		m.Request(nil, wire.Observation{Service: "ecs", Operation: "ListTasks", Code: fmt.Sprint("Code", i), Took: time.Millisecond})
		events = append(events, store.Event{Source: fmt.Sprint("app", i), DetailType: fmt.Sprint("type", i)})
	}
	m.Request(nil, wire.Observation{})
	m.follow(store.Commit{Events: append(events, store.Event{Source: "aws.ecs", DetailType: "ECS Task State Change"})})
	if n := strings.Count(told(t, m), "\ngrue_api_requests_total{"); n != maxCodes+2 {
		t.Errorf("%d series of codes", n)
	}
	expect(t, m, `grue_events_total{detail_type="custom",source="custom"} 1200`, `grue_events_total{detail_type="ECS Task State Change",source="aws.ecs"} 1`,
		`grue_api_requests_total{code="other",operation="ListTasks",service="ecs"} 800`, `grue_api_requests_total{code="OK",operation="unknown",service="unknown"} 1`)
}

type said hook.Answer

func (a said) Call(context.Context, hook.Call) hook.Answer { return hook.Answer(a) }

func TestHooksAndWrites(t *testing.T) {
	m := New("test", "fake")
	for _, a := range []said{{Status: deploy.HookSucceeded}, {Status: deploy.HookFailed}, {Status: "MAYBE", Error: "?"}} {
		var c hook.Call
		c.Invoke.Config.Details = []byte(`{"grue:url":"http://127.0.0.1:1/"}`)
		if got := m.Hooks(a).Call(t.Context(), c); got.Status != a.Status {
			t.Errorf("%+v", got)
		}
	}
	m.Flushed(time.Millisecond, 7, nil)
	m.Flushed(time.Millisecond, 7, errors.New("disk"))
	expect(t, m, `grue_hook_calls_total{kind="url",outcome="SUCCEEDED"} 1`, `grue_hook_calls_total{kind="url",outcome="error"} 1`,
		`grue_hook_call_duration_seconds_count{kind="url"} 3`, `grue_store_transactions_total 7`, `grue_store_commit_failures_total 1`, `grue_build_info{runtime="fake",version="test"} 1`)
	problems, err := promlint.New(strings.NewReader(told(t, m))).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

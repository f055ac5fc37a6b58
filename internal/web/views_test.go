package web

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// deploying writes a service whose canary to revision 2 is in progress.
func (w *world) deploying(change func(svc *state.Service, d *state.Deployment)) *state.Deployment {
	w.t.Helper()
	now := w.clock.now()
	svc := &state.Service{
		Scope: scope, Cluster: "c", Name: "web", Status: "ACTIVE", Desired: 2, Created: now, Primary: "2", Live: "1",
		Deployment: "d", Last: "d", Running: []string{"d"}, Listed: []string{"2", "1"},
	}
	svc.Body.V.DeploymentConfiguration = &ecs.DeploymentConfiguration{Strategy: ecs.DeploymentStrategyCanary}
	d := &state.Deployment{Scope: scope, Cluster: "c", Service: "web", ID: "d", Created: now}
	d.Machine = deploy.Deployment{
		ID: "d", Strategy: deploy.Canary, Status: deploy.InProgress, Stage: deploy.ScaleUp, Target: "2", RollbackTo: "1", Sources: []deploy.Rev{"1"},
		Desired: 2, StartedAt: now, StageEntered: now,
		Config: deploy.Config{CanaryTenths: 100, CanaryBakeMinutes: 5, BakeMinutes: 10, Minute: time.Minute},
		Traffic: deploy.Traffic{
			Blue: "1", Plan: []int{100, 1000}, Production: []deploy.Share{{Rev: "1", Tenths: 1000}, {Rev: "2", Tenths: 0}},
		},
	}
	if change != nil {
		change(svc, d)
	}
	w.put(func(tx *store.Tx) {
		state.Clusters.Put(tx, scope.Key("c"), &state.Cluster{Scope: scope, Name: "c"})
		state.Services.Put(tx, svc.Key(), svc)
		state.Deployments.Put(tx, d.Key(), d)
		state.Note(tx, d, now)
		for i, n := range []string{"1", "2"} {
			r := &state.Revision{Scope: scope, Cluster: "c", Service: "web", N: n, Created: now.Add(time.Duration(i) * time.Second)}
			r.Body.V.TaskDefinition = aws.String("arn:aws:ecs:us-east-1:000000000000:task-definition/web:" + n)
			state.Revisions.Put(tx, r.Key(), r)
		}
		for i, rev := range []string{"1", "1", "2", "2"} {
			t := &state.Task{Scope: scope, Cluster: "c", Service: "web", ID: fmt.Sprint("t", i), Revision: rev, LastStatus: "RUNNING", DesiredStatus: "RUNNING", Healthy: i < 3, Health: "UNKNOWN", Created: now}
			state.PutTask(tx, t)
		}
	})
	return d
}

func TestHomeView(t *testing.T) {
	w := newWorld(t)
	w.deploying(func(_ *state.Service, d *state.Deployment) {
		m := &d.Machine
		m.Stage, m.Config.Hooks = deploy.PreProductionShift, []deploy.HookConfig{{Type: deploy.Pause, Stages: []deploy.Stage{deploy.PreProductionShift}}}
		m.Hooks = []deploy.Hook{{ID: "p", Type: deploy.Pause, Stage: m.Stage, Status: deploy.HookAwaitingAction, ExpiresAt: m.StartedAt.Add(time.Hour)}}
	})
	home := w.look("home")
	meta, svc := home["meta"].(*Meta), home["service/c/web"].(*ServiceItem)
	if meta.Clusters != 1 || meta.Services != 1 || meta.Tasks != 4 || meta.Busy != 1 {
		t.Errorf("meta: %+v", meta)
	}
	if svc.Health != "ok" || svc.Running != 4 || svc.Healthy != 3 || svc.TaskDefinition != "web:2" || svc.Approvals != 1 || svc.Deployment.Stage != "PRE_PRODUCTION_TRAFFIC_SHIFT" {
		t.Errorf("service: %+v", svc)
	}
	if a, ok := home["approval/c/web/d/p"].(*ApprovalItem); !ok || a.Stage != "PRE_PRODUCTION_TRAFFIC_SHIFT" || a.OnTimeout != "ROLLBACK" {
		t.Errorf("approval: %+v in %v", a, home)
	}
}

// TestWaiting: every state of a deployment says in words what it waits for.
func TestWaiting(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, want string
		change     func(svc *state.Service, d *state.Deployment)
	}{
		{"tasks", "1 of 2 tasks of the new revision are healthy. It has not run long enough to count as healthy.", func(*state.Service, *state.Deployment) {}},
		{"blocked", "1 of 2 tasks of the new revision are healthy. It has not run long enough to count as healthy. no room", func(s *state.Service, _ *state.Deployment) { s.LastBlocked = "no room" }},
		{"former", "The deployment before it must end first.", func(s *state.Service, d *state.Deployment) {
			d.Machine.Status, s.Running = deploy.Pending, []string{"c", "d"}
		}},
		{"proxy", "The proxy must serve the new weights first.", func(_ *state.Service, d *state.Deployment) {
			d.Machine.Stage, d.Machine.Traffic.Version = deploy.ProductionShift, 1
		}},
		{"step bake", "Green has 10 % of the traffic (step 1 of 2); the step bakes for 5 minutes.", func(_ *state.Service, d *state.Deployment) {
			m := &d.Machine
			m.Stage, m.Bake.Ends = deploy.ProductionShift, m.StartedAt.Add(time.Minute)
			m.Traffic.Production = []deploy.Share{{Rev: "1", Tenths: 900}, {Rev: "2", Tenths: 100}}
		}},
		{"bake", "The bake time of 10 minutes: alarms are watched, and blue keeps all its tasks.", func(_ *state.Service, d *state.Deployment) {
			d.Machine.Stage, d.Machine.Bake.Ends = deploy.BakeTime, d.Machine.StartedAt.Add(time.Minute)
		}},
		{"hook", "The hook check runs.", func(_ *state.Service, d *state.Deployment) {
			d.Machine.Config.Hooks = []deploy.HookConfig{{Type: deploy.Lambda, Target: "arn:aws:lambda:r:1:function:check"}}
			d.Machine.Hooks = []deploy.Hook{{Type: deploy.Lambda, Status: deploy.HookInProgress, Call: 1}}
		}},
		{"no verdict", "The hook check has no verdict yet, and is asked again (2 calls so far).", func(_ *state.Service, d *state.Deployment) {
			d.Machine.Config.Hooks = []deploy.HookConfig{{Type: deploy.Lambda, Target: "check"}}
			d.Machine.Hooks = []deploy.Hook{{Type: deploy.Lambda, Status: deploy.HookInProgress, Call: 2, NextCall: d.Created.Add(time.Minute)}}
		}},
		{"pause", "A person must decide: continue, or roll back. When the time is over, it goes on by itself.", func(_ *state.Service, d *state.Deployment) {
			d.Machine.Config.Hooks = []deploy.HookConfig{{Type: deploy.Pause, Action: deploy.ActionContinue}}
			d.Machine.Hooks = []deploy.Hook{{Type: deploy.Pause, Status: deploy.HookAwaitingAction}}
		}},
		{"clean up", "The tasks of blue drain and stop: 2 tasks left.", func(_ *state.Service, d *state.Deployment) { d.Machine.Stage = deploy.CleanUp }},
		{"rollback", "The tasks of green drain and stop: 2 tasks left.", func(_ *state.Service, d *state.Deployment) {
			d.Machine.Stage, d.Machine.Status, d.Machine.Rollback = deploy.CleanUp, deploy.RollbackInProgress, &deploy.Rollback{To: "1"}
		}},
		{"load balancer", "The load balancer is given 10 minutes to follow the new weights.", func(_ *state.Service, d *state.Deployment) {
			m := &d.Machine
			m.Stage, m.Config.ShiftWait, m.Traffic.SettledAt = deploy.ProductionShift, 10*time.Minute, m.StartedAt
		}},
		{"halted", "It was halted because of an internal inconsistency. Start a new deployment to replace it.", func(_ *state.Service, d *state.Deployment) { d.Halted = "x" }},
		{"over", "", func(_ *state.Service, d *state.Deployment) { d.Machine.Status = deploy.Successful }},
	} {
		w.deploying(c.change)
		if head := w.look("deployment", "c", "web", "d")["head"].(*Head); head.Waiting != c.want {
			t.Errorf("%s: %q\nwant %q", c.name, head.Waiting, c.want)
		}
	}
}

func TestStages(t *testing.T) {
	w := newWorld(t)
	d := *w.deploying(nil)
	line := func() string {
		var out []string
		for _, s := range w.look("deployment", "c", "web", "d")["head"].(*Head).Stages {
			word := fmt.Sprintf("%s/%d %s", s.Name, s.Step, s.State)
			if s.Undo {
				word += " back"
			}
			if s.Seconds > 0 {
				word += fmt.Sprint(" ", s.Seconds)
			}
			out = append(out, word)
		}
		return strings.Join(out, ", ")
	}
	step := func(change func(m *deploy.Deployment)) {
		w.clock.pass(time.Minute)
		d.Machine = *d.Machine.Clone()
		change(&d.Machine)
		next := d
		w.put(func(tx *store.Tx) {
			state.Deployments.Put(tx, d.Key(), &next)
			state.Note(tx, &next, w.clock.now())
		})
	}
	expect := func(want string) {
		t.Helper()
		if got := line(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	expect("SCALE_UP/0 now, PRODUCTION_TRAFFIC_SHIFT/0 todo, PRODUCTION_TRAFFIC_SHIFT/1 todo, BAKE_TIME/1 todo, CLEAN_UP/1 todo")
	step(func(m *deploy.Deployment) { m.Stage, m.StageEntered = deploy.ProductionShift, w.clock.now() })
	expect("SCALE_UP/0 done 60, PRODUCTION_TRAFFIC_SHIFT/0 now, PRODUCTION_TRAFFIC_SHIFT/1 todo, BAKE_TIME/1 todo, CLEAN_UP/1 todo")
	step(func(m *deploy.Deployment) {
		m.Status, m.Failure, m.Rollback = deploy.RollbackInProgress, &deploy.Failure{Kind: deploy.FailAlarm, At: w.clock.now()}, &deploy.Rollback{To: "1", From: m.Stage}
		m.StageEntered = w.clock.now()
	})
	expect("SCALE_UP/0 done 60, PRODUCTION_TRAFFIC_SHIFT/0 failed 60, PRODUCTION_TRAFFIC_SHIFT/1 skipped, BAKE_TIME/1 skipped, CLEAN_UP/1 skipped, " +
		"PRODUCTION_TRAFFIC_SHIFT/0 now back, CLEAN_UP/0 todo back")
	step(func(m *deploy.Deployment) { m.Stage, m.StageEntered = deploy.CleanUp, w.clock.now() })
	step(func(m *deploy.Deployment) { m.Status, m.FinishedAt = deploy.RollbackSuccessful, w.clock.now() })
	expect("SCALE_UP/0 done 60, PRODUCTION_TRAFFIC_SHIFT/0 failed 60, PRODUCTION_TRAFFIC_SHIFT/1 skipped, BAKE_TIME/1 skipped, CLEAN_UP/1 skipped, " +
		"PRODUCTION_TRAFFIC_SHIFT/0 done back 60, CLEAN_UP/0 done back 60")
	head := w.look("deployment", "c", "web", "d")["head"].(*Head)
	if head.Seconds != 240 || head.Cause != "alarm" || head.RolledBackTo != "1" {
		t.Errorf("head: %+v", head)
	}
}

// TestRequestsSeen: the requests of the new revision are counted, shown, kept, and
// counted further after a restart.
func TestRequestsSeen(t *testing.T) {
	w := newWorld(t)
	d := w.deploying(nil)
	serve := func(rev string, n, bad uint64) {
		r := &route.Traffic{Requests: n, Target5xx: bad}
		r.Latency[route.LatencyBucket(20*time.Millisecond)] = uint32(n)
		w.opts.Ledger.Add(elb.Served{Scope: scope, Cluster: "c", Service: "web", Revision: rev}, r, w.clock.now())
	}
	count := func() string {
		head := w.look("deployment", "c", "web", "d")["head"].(*Head)
		if head.Requests == nil {
			return "unknown"
		}
		return fmt.Sprint(*head.Requests, " ", *head.Errors)
	}
	w.recorder.look(w.clock.now(), false)
	if got := count(); got != "unknown" {
		t.Errorf("before the first request: %s", got)
	}
	for range 10 {
		w.clock.pass(time.Second)
		serve("1", 90, 0)
		serve("2", 10, 2)
		w.recorder.look(w.clock.now(), false)
	}
	if got := count(); got != "100 20" {
		t.Errorf("seen: %s", got)
	}
	w.clock.pass(settled)
	page := w.look("deployment", "c", "web", "d")
	green := page["traffic/green"].(*TrafficItem)
	if n := len(green.Requests); n != 300 || math.Abs(green.Requests[n-2]-10) > 0.1 || green.Errors5xx[n-2] == 0 || *green.P99[n-2] < 10 || *green.P99[n-2] > 40 {
		t.Errorf("traffic: %v %v %v", green.Requests[n-5:], green.Errors5xx[n-5:], green.P99[n-5:])
	}
	if side := page["green"].(*Side); side.Rate == nil || side.Rate.Requests != 10 || side.Rate.Errors != 2 {
		t.Errorf("rate: %+v", side.Rate)
	}
	w.recorder.look(w.clock.now(), true) // the server stops
	w.recorder.of, w.opts.Ledger = map[string]*seen{}, elb.NewLedger()
	w.recorder.look(w.clock.now(), false)
	w.clock.pass(time.Second)
	serve("2", 5, 0)
	next := *d
	next.Machine = *d.Machine.Clone()
	next.Machine.Status, next.Machine.FinishedAt = deploy.RollbackSuccessful, w.clock.now()
	w.put(func(tx *store.Tx) { state.Deployments.Put(tx, d.Key(), &next) })
	w.recorder.look(w.clock.now(), false)
	w.clock.pass(lateReports)
	w.recorder.look(w.clock.now(), false)
	if got := count(); got != "105 20" || len(w.recorder.of) != 0 {
		t.Errorf("afterwards: %s, %d deployments are still counted", got, len(w.recorder.of))
	}
}

// TestSharedGroup: while a target group holds tasks of both revisions nobody can tell
// who answered.
func TestSharedGroup(t *testing.T) {
	w := newWorld(t)
	w.deploying(nil)
	w.recorder.look(w.clock.now(), false)
	for _, rev := range []string{"2", ""} {
		w.opts.Ledger.Add(elb.Served{Scope: scope, Cluster: "c", Service: "web", Revision: rev}, &route.Traffic{Requests: 3}, w.clock.now())
	}
	w.recorder.look(w.clock.now(), false)
	if head := w.look("deployment", "c", "web", "d")["head"].(*Head); head.Requests != nil {
		t.Errorf("requests: %d", *head.Requests)
	}
}

// TestChangedItems: whatever changes, the items that Touch names make what the whole
// view would be.
func TestChangedItems(t *testing.T) {
	for _, path := range [][]string{{"home"}, {"service", "c", "web"}} {
		t.Run(path[0], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.deploying(nil)
			f := newFeed(w.Site, feedKey{scope, strings.Join(path, "/")}, w.kinds[path[0]].Open(w.Site, scope, path[1:]))
			stop := w.store.Watch(f.touch)
			defer stop()
			f.compute(false)
			random := rand.New(rand.NewPCG(1, 2))
			for i := range 40 {
				w.put(func(tx *store.Tx) { w.anything(tx, random, i) })
				w.put(func(tx *store.Tx) { notes.Put(tx, "x", &note{fmt.Sprint(i)}) }) // the watch has heard of all before
				f.compute(false)
				want := newChange(nil)
				want.replace(w.look(path...), nil)
				if got, want := shown(f.items), shown(want.items); got != want {
					t.Fatalf("after change %d:\n%s\nwant\n%s", i, got, want)
				}
			}
		})
	}
}

// anything changes some record.
func (w *world) anything(tx *store.Tx, r *rand.Rand, i int) {
	svc, _ := state.Services.Get(tx, scope.Key("c", "web"))
	d, _ := state.Deployments.Get(tx, svc.Key()+"/d")
	nextS, nextD := *svc, *d
	nextD.Machine = *d.Machine.Clone()
	switch r.IntN(7) {
	case 0:
		nextS.Desired = r.IntN(5)
	case 1:
		nextS.Events = slices.Insert(slices.Clone(svc.Events), 0, state.ServiceEvent{ID: fmt.Sprint("e", i), Message: "something"})
		nextS.Events = nextS.Events[:min(len(nextS.Events), 3)]
	case 2:
		nextD.Machine.Stage = []deploy.Stage{deploy.ScaleUp, deploy.BakeTime, deploy.CleanUp}[r.IntN(3)]
	case 3:
		nextD.Machine.Config.Hooks = []deploy.HookConfig{{Type: deploy.Pause}}
		nextD.Machine.Hooks = []deploy.Hook{{ID: fmt.Sprint("p", i), Type: deploy.Pause, Status: deploy.HookAwaitingAction, ExpiresAt: w.clock.now()}}
	case 4:
		state.PutTask(tx, &state.Task{Scope: scope, Cluster: "c", Service: "web", ID: fmt.Sprint("n", i), Revision: "2", LastStatus: "PENDING", DesiredStatus: "RUNNING"})
	case 5:
		for _, t := range state.TasksOf(tx, svc) {
			next := *t
			next.LastStatus = "STOPPED"
			state.PutTask(tx, &next)
			break
		}
	case 6:
		nextS.Primary, nextS.Live = nextS.Live, nextS.Primary
	}
	state.Services.Put(tx, svc.Key(), &nextS)
	state.Deployments.Put(tx, d.Key(), &nextD)
}

func shown(items map[string][]byte) string {
	doc := map[string]json.RawMessage{}
	for k, v := range items {
		doc[k] = v
	}
	return string(marshal(doc))
}

// TestQuietTraffic: where nothing is answered nothing changes each second.
func TestQuietTraffic(t *testing.T) {
	w := newWorld(t)
	w.deploying(nil)
	view := func() string { return string(marshal(w.look("deployment", "c", "web", "d")["traffic/green"])) }
	before := view()
	w.clock.pass(time.Second)
	if after := view(); after != before {
		t.Errorf("%s\nthen %s", before, after)
	}
}

package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/schedule"
)

// stage is a service whose tasks a test moves by hand.
type stage struct {
	t     *testing.T
	d     *deploy.Deployment
	now   time.Time
	tasks []schedule.Task
	n     int
	said  []string
}

func newStage(t *testing.T, c deploy.Config) *stage {
	s := &stage{t: t, now: time.Unix(1000, 0)}
	for range 2 {
		s.n++
		s.tasks = append(s.tasks, schedule.Task{ID: fmt.Sprint("old", s.n), Rev: "1", Phase: schedule.Running, Healthy: true})
	}
	s.d = deploy.New(deploy.Request{ID: "sd", Target: "2", Sources: []deploy.Rev{"1"}, RollbackTo: "1", Desired: 2, Config: c}, s.now)
	return s
}

func (s *stage) step(ev deploy.Event) {
	s.now = s.now.Add(time.Second)
	for _, e := range deploy.Step(s.d, ev, s.now) {
		if e, ok := e.(deploy.Emit); ok && e.Message != "" {
			s.said = append(s.said, e.Message)
		}
	}
	if err := deploy.Check(s.d); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) counts() []deploy.Counts {
	out := []deploy.Counts{{Rev: "1"}, {Rev: "2"}}
	for _, t := range s.tasks {
		c := &out[t.Rev[0]-'1']
		switch {
		case t.Phase == schedule.Pending:
			c.Pending++
		case t.Phase == schedule.Stopping:
			c.Stopping++
		default:
			c.Running++
			if t.Healthy {
				c.Healthy++
			}
		}
	}
	return out
}

// round observes, plans, and carries out the plan.
func (s *stage) round() []schedule.Goal {
	s.step(deploy.Observed{Desired: 2, Counts: s.counts()})
	in := schedule.Input{Desired: 2, MinPercent: 100, MaxPercent: 200, Deploying: true, Tasks: s.tasks, Frozen: map[string]bool{}}
	for _, g := range deploy.Standing(s.d, 2) {
		in.Goals = append(in.Goals, schedule.Goal{Rev: string(g.Rev), Want: g.Want, Peak: g.Peak})
		in.Frozen[string(g.Rev)] = g.Frozen
	}
	plan := schedule.Next(in)
	for _, x := range plan.Stop {
		i := slices.IndexFunc(s.tasks, func(t schedule.Task) bool { return t.ID == x.TaskID })
		s.tasks[i].Phase, s.tasks[i].Healthy = schedule.Stopping, false
	}
	for _, l := range plan.Launch {
		s.n++
		s.tasks = append(s.tasks, schedule.Task{ID: fmt.Sprint("new", s.n), Rev: l.Rev, Phase: schedule.Pending})
	}
	return plan.Targets
}

// line is what an observer of DescribeServices sees.
func (s *stage) line(targets []schedule.Goal) string {
	var parts []string
	for _, rev := range []string{"2", "1"} {
		want := 0
		for _, g := range targets {
			if g.Rev == rev {
				want = g.Want
			}
		}
		c := s.counts()[rev[0]-'1']
		state, _ := deploy.RolloutState(s.d, deploy.Rev(rev))
		role := "ACTIVE"
		if s.d.Primary() == deploy.Rev(rev) {
			role = "PRIMARY"
		}
		if want+c.Tasks()+c.Stopping > 0 || role == "PRIMARY" {
			parts = append(parts, fmt.Sprintf("%s %s %s desired %d pending %d running %d", rev, role, state, want, c.Pending, c.Running+c.Stopping))
		}
	}
	return string(s.d.Status) + ": " + strings.Join(parts, ", ")
}

func (s *stage) expect(got, want string) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("got  %s\nwant %s", got, want)
	}
}

func (s *stage) each(rev string, do func(*schedule.Task)) {
	for i := range s.tasks {
		if s.tasks[i].Rev == rev {
			do(&s.tasks[i])
		}
	}
}

// TestWorkedTrace is a rolling update of two tasks with 100/200, as an observer sees it.
func TestWorkedTrace(t *testing.T) {
	s := newStage(t, deploy.Config{})
	s.expect(s.line([]schedule.Goal{{Rev: "1", Want: 2}}), "PENDING: 2 PRIMARY IN_PROGRESS desired 0 pending 0 running 0, 1 ACTIVE COMPLETED desired 2 pending 0 running 2")
	s.step(deploy.Start{Desired: 2, Counts: s.counts()})
	s.expect(s.line(s.round()), "IN_PROGRESS: 2 PRIMARY IN_PROGRESS desired 2 pending 2 running 0, 1 ACTIVE COMPLETED desired 2 pending 0 running 2")
	s.each("2", func(t *schedule.Task) { t.Phase = schedule.Running })
	s.expect(s.line(s.round()), "IN_PROGRESS: 2 PRIMARY IN_PROGRESS desired 2 pending 0 running 2, 1 ACTIVE COMPLETED desired 2 pending 0 running 2")
	s.each("2", func(t *schedule.Task) { t.Healthy = true })
	s.expect(s.line(s.round()), "IN_PROGRESS: 2 PRIMARY IN_PROGRESS desired 2 pending 0 running 2, 1 ACTIVE COMPLETED desired 0 pending 0 running 2")
	s.tasks = slices.DeleteFunc(s.tasks, func(t schedule.Task) bool { return t.Rev == "1" })
	s.expect(s.line(s.round()), "SUCCESSFUL: 2 PRIMARY COMPLETED desired 2 pending 0 running 2")
	s.expect(strings.Join(s.said, " | "), "(deployment ecs-svc/2) deployment completed. | has reached a steady state.")
}

// TestWorkedTraceBadImage is the same update with an image that cannot be pulled
// and the circuit breaker with rollback: the old tasks never go away.
func TestWorkedTraceBadImage(t *testing.T) {
	s := newStage(t, deploy.Config{Breaker: deploy.BreakerConfig{Enable: true, Rollback: true, ResetOnHealthyTask: true}})
	s.step(deploy.Start{Desired: 2, Counts: s.counts()})
	for failures := 0; s.d.Status == deploy.InProgress; {
		targets := s.round()
		if s.d.Breaker.Failures != failures || failures > 4 {
			t.Fatalf("failedTasks %d, want %d", s.d.Breaker.Failures, failures)
		}
		if targets[1] != (schedule.Goal{Rev: "1", Want: 2}) {
			t.Fatalf("old tasks are touched: %v", targets)
		}
		i := slices.IndexFunc(s.tasks, func(t schedule.Task) bool { return t.Rev == "2" })
		id := s.tasks[i].ID
		s.tasks = slices.Delete(s.tasks, i, i+1)
		failures++
		s.step(deploy.TaskFailed{Rev: "2", TaskID: id, Cause: deploy.CauseStart})
	}
	s.expect(s.line(s.round()), "ROLLBACK_IN_PROGRESS: 2 ACTIVE FAILED desired 0 pending 0 running 1, 1 PRIMARY IN_PROGRESS desired 2 pending 0 running 2")
	s.tasks = slices.DeleteFunc(s.tasks, func(t schedule.Task) bool { return t.Rev == "2" })
	s.expect(s.line(s.round()), "ROLLBACK_SUCCESSFUL: 1 PRIMARY COMPLETED desired 2 pending 0 running 2")
	s.expect(strings.Join(s.said, " | "), "(deployment ecs-svc/2) deployment failed: tasks failed to start. | rolling back to deployment ecs-svc/1. | "+
		"(deployment ecs-svc/1) deployment completed. | has reached a steady state.")
	if b := s.d.Breaker; s.d.Rollback.To != "1" || b.Failures != 3 || b.Threshold != 3 || b.Status != deploy.Triggered {
		t.Errorf("rollback %v, breaker %v", s.d.Rollback, s.d.Breaker)
	}
}

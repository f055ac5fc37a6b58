package sim

import (
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/model"
)

// shadow follows a deployment with an independent, simpler reading of the rules.
type shadow struct {
	failed, healthy map[string]bool // tasks that were judged
	failures        int             // of the circuit breaker
	answers         map[string]map[int]bool
	model           *model.Model
	ids             map[string]bool // of hook executions
}

func (w *World) shadowOf(d *deploy.Deployment) *shadow {
	s := w.shadows[d.ID]
	if s == nil {
		s = &shadow{failed: map[string]bool{}, healthy: map[string]bool{}, answers: map[string]map[int]bool{}, model: model.New(d), ids: map[string]bool{}}
		w.shadows[d.ID] = s
	}
	return s
}

// follow notes an event before the machine takes it.
func (s *shadow) follow(d *deploy.Deployment, ev deploy.Event) {
	switch e := ev.(type) {
	case deploy.TaskFailed:
		if d.Status != deploy.InProgress || e.Rev != d.Target || s.failed[e.TaskID] {
			return
		}
		s.failed[e.TaskID] = true
		health := e.Cause == deploy.CauseELB || e.Cause == deploy.CauseContainer || e.Cause == deploy.CauseRegistry
		own := e.Cause == deploy.CauseStart || e.Cause == deploy.CauseExit
		if health || own && !e.WasHealthy {
			s.failures++
		}
	case deploy.TaskHealthy:
		if d.Status != deploy.InProgress || e.Rev != d.Target || s.healthy[e.TaskID] {
			return
		}
		s.healthy[e.TaskID] = true
		if d.Config.Breaker.ResetOnHealthyTask {
			s.failures = 0
		}
	case deploy.HookResult:
		if s.answers[e.Execution] == nil {
			s.answers[e.Execution] = map[int]bool{}
		}
		s.answers[e.Execution][e.Call] = true
	}
}

// judgeShadow compares the machine with its shadow.
func (w *World) judgeShadow(s *shadow, was, d *deploy.Deployment) {
	if d.Breaker.Failures != s.failures {
		w.breach("the circuit breaker counts %d failures, there were %d", d.Breaker.Failures, s.failures)
	}
	tripped := d.Breaker.Status == deploy.Triggered
	enough := s.failures >= deploy.BreakerThreshold(d.Config.Breaker, d.Desired)
	switch {
	case tripped && was.Breaker.Status != deploy.Triggered && !enough:
		w.breach("the circuit breaker tripped after %d failures", s.failures)
	case d.Status == deploy.InProgress && d.Breaker.Status == deploy.Monitoring && enough && (d.Strategy == deploy.Rolling || d.Stage != deploy.CleanUp):
		w.breach("the circuit breaker did not trip after %d failures", s.failures)
	}
	if d.ObservedAt.Before(was.ObservedAt) {
		w.breach("an older picture replaced a newer one")
	}
	for _, h := range d.Hooks {
		if h.Call > len(s.answers[h.Execution])+1 {
			w.breach("a hook was called %d times and answered %d times", h.Call, len(s.answers[h.Execution]))
		}
	}
	if d.Status != was.Status {
		w.judgeOutcome(d)
	}
}

// judgeOutcome: a deployment completes when its revision has all tasks, healthy,
// and no other has any; and no weights are waited for in vain.
func (w *World) judgeOutcome(d *deploy.Deployment) {
	reached := d.Target
	switch {
	case d.Status == deploy.RollbackSuccessful:
		reached = d.RollbackTo
	case d.Failure != nil && d.Failure.Kind == deploy.FailTimeout && d.Rollback != nil && !d.Status.Terminal() &&
		d.Traffic.Acked < d.Traffic.Version-1 && w.temper(string(d.Target)) == Good:
		w.breach("weights were never acknowledged")
		return
	case d.Status != deploy.Successful || d.Config.Early.Enable:
		return
	}
	for _, c := range d.Counts {
		all := c.Pending == 0 && c.Running == d.Desired && c.Healthy == d.Desired
		none := c.Pending+c.Running+c.Stopping == 0
		if c.Rev == reached && !all || c.Rev != reached && !none {
			w.breach("%s with %v", d.Status, d.Counts)
		}
	}
}

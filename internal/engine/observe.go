package engine

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
)

// settleTime is how long a task without any health check must run before it
// counts as healthy: 40 s, told in minutes so that --minute shortens it.
const settleMinutes = 40.0 / 60

// A task that exits soon after it started is replaced a moment later, not at
// once: ECS has no growing delay for it, but does not start it ten times a second.
const (
	quickExit     = 10 * time.Second
	quickExitHold = time.Second
)

// verdict is what the health gates say of one running task.
type verdict struct {
	healthy   bool
	unhealthy string // stoppedReason for a replacement; "" = leave it
	event     string // service event that tells it
	cause     deploy.Cause
	wake      time.Time
}

// observe judges every task and collects the facts for the deployment.
func (r *round) observe() {
	for i, t := range r.tasks {
		r.failed(i)
		if t.LastStatus != Running || t.DesiredStatus != Running {
			continue
		}
		if t.Revision == r.svc.Primary {
			r.svc.Throttle.Started()
		}
		v := r.judge(t)
		r.wakeAt(v.wake)
		if v.healthy && !t.Healthy {
			r.facts = append(r.facts, deploy.TaskHealthy{Rev: deploy.Rev(t.Revision), TaskID: t.ID})
		}
		if v.unhealthy != "" && t.Unhealthy == "" {
			r.event(v.event)
		}
		if v.healthy != t.Healthy || v.unhealthy != t.Unhealthy {
			r.change(i, func(t *state.Task) { t.Healthy, t.Unhealthy = v.healthy, v.unhealthy })
		}
	}
}

// failed tells the deployment once of a task that ended against our will.
func (r *round) failed(i int) {
	t := r.tasks[i]
	if t.Counted || t.DesiredStatus != Stopped && t.LastStatus != Stopped {
		return
	}
	cause := causeOf(t)
	if cause == "" {
		if t.LastStatus == Stopped {
			r.change(i, func(t *state.Task) { t.Counted = true })
		}
		return
	}
	started := !t.Started.IsZero()
	if !started && cause == deploy.CauseStart {
		r.svc.Throttle.Minute = r.e.opts.Minute
		if r.svc.Throttle.Failed(r.now) {
			r.event("is unable to consistently start tasks successfully. For more information, see the stopped tasks' stoppedReason.")
			r.serviceAction("WARN", "SERVICE_TASK_START_IMPAIRED", t.StoppedReason)
		}
	}
	if started && cause == deploy.CauseExit && t.ExecutionStopped.Sub(t.Started) < quickExit {
		r.svc.HoldRev, r.svc.HoldUntil = t.Revision, r.now.Add(quickExitHold)
	}
	r.facts = append(r.facts, deploy.TaskFailed{
		Rev: deploy.Rev(t.Revision), TaskID: t.ID, ReachedRunning: started, WasHealthy: t.Healthy, Cause: cause,
	})
	r.change(i, func(t *state.Task) { t.Counted = true })
}

// causeOf tells why a task ended; "" when we meant it to.
func causeOf(t *state.Task) deploy.Cause {
	switch ecs.TaskStopCode(t.StopCode) {
	case ecs.TaskStopCodeTaskFailedToStart:
		return deploy.CauseStart
	case ecs.TaskStopCodeEssentialContainerExited:
		return deploy.CauseExit
	case ecs.TaskStopCodeUserInitiated:
		return deploy.CauseUser
	case ecs.TaskStopCodeTerminationNotice:
		return deploy.CauseLost
	case ecs.TaskStopCodeServiceSchedulerInitiated:
		switch {
		case t.Unhealthy == reasonContainer:
			return deploy.CauseContainer
		case t.Unhealthy != "":
			return deploy.CauseELB
		}
	}
	return ""
}

const reasonContainer = "Task failed container health checks"

// judge applies the gates of ECS: target health, container health, or 40 s.
func (r *round) judge(t *state.Task) verdict {
	graceEnd := t.Started.Add(time.Duration(aws.ToInt32(r.svc.Body.V.HealthCheckGracePeriodSeconds)) * time.Second)
	if t.Registry != nil && t.Registry.State == TargetRefused {
		return verdict{}
	}
	lb, lbChecks := r.judgeTargets(t)
	ct, ctChecks := r.judgeContainers(t)
	if !lbChecks && !ctChecks {
		at := t.Started.Add(time.Duration(settleMinutes * float64(r.e.opts.Minute)))
		if r.now.Before(at) {
			return verdict{wake: at}
		}
		return verdict{healthy: true}
	}
	v := verdict{healthy: (lb.healthy || !lbChecks) && (ct.healthy || !ctChecks)}
	if at := t.Started.Add(r.e.opts.MinRunning); v.healthy && r.replaces(t) && r.now.Before(at) {
		v.healthy, v.wake = false, at
	}
	for _, bad := range []verdict{ct, lb} {
		if bad.unhealthy == "" {
			continue
		}
		if r.now.Before(graceEnd) {
			v.wake = graceEnd
			continue
		}
		v.unhealthy, v.event, v.cause = bad.unhealthy, bad.event, bad.cause
	}
	return v
}

// replaces tells whether a task stands for a revision that takes the place of
// one that works. A first deployment has nothing to protect.
func (r *round) replaces(t *state.Task) bool {
	return r.svc.Live != "" && r.svc.Live != t.Revision
}

// judgeTargets: every target group must report the task's target healthy.
func (r *round) judgeTargets(t *state.Task) (v verdict, checks bool) {
	if len(t.Targets) == 0 || r.e.opts.Balancer == nil {
		return v, len(t.Targets) > 0
	}
	v.healthy = true
	for _, x := range t.Targets {
		h := r.e.opts.Balancer.Health(x.Group, x.ID, x.Port)
		v.healthy = v.healthy && h.State == "healthy"
		if v.unhealthy == "" && (h.State == "unhealthy" || r.takenOut(x, h)) {
			v.unhealthy = fmt.Sprintf("Task failed ELB health checks in (target-group %s)", x.Group)
			v.event = fmt.Sprintf("(task %s) (port %d) is unhealthy in (target-group %s) due to (reason %s).", t.ID, x.Port, x.Group, h.Description)
			v.cause = deploy.CauseELB
		}
	}
	return v, true
}

// takenOut tells whether somebody else took a target out of its group, which
// stands: its task gets no requests, and is replaced like an unhealthy one. The
// balancer speaks of what is on disk, and a target that was just registered may
// not be yet: what this round sees counts.
func (r *round) takenOut(x state.Target, h elb.HealthState) bool {
	if x.State != TargetRegistered || h.State != elb.Draining && h.Reason != "Target.NotRegistered" {
		return false
	}
	if _, stands := elb.Group(r.tx, x.Group); !stands {
		return false
	}
	for known := range elb.Registered(r.tx, x.Group) {
		if known.ID == x.ID && known.Port == x.Port {
			return known.Draining
		}
	}
	return true
}

// judgeContainers: every container that defines a health check must be HEALTHY.
func (r *round) judgeContainers(t *state.Task) (v verdict, checks bool) {
	td, ok := r.e.definition(r.tx, t)
	if !ok {
		return v, false
	}
	v.healthy = true
	for i, c := range td.Def.V.ContainerDefinitions {
		if healthCheck(c.HealthCheck) == nil || i >= len(t.Containers) || c.Essential != nil && !*c.Essential {
			continue
		}
		checks = true
		v.healthy = v.healthy && t.Containers[i].Health == string(runtime.HealthHealthy)
	}
	if checks && t.Health == string(runtime.HealthUnhealthy) {
		v.unhealthy, v.cause = reasonContainer, deploy.CauseContainer
		v.event = fmt.Sprintf("(task %s) failed container health checks.", t.ID)
	}
	return v, checks
}

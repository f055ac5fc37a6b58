package scale

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// follow does what a policy asks for, or writes down why not.
func (s *Scaler) follow(tx *store.Tx, t *Target, svc *state.Service, ask *proposal, now time.Time) {
	current := svc.Desired
	cause := fmt.Sprintf("monitor alarm %s in state %s triggered policy %s", ask.alarm.Name, ask.alarm.State, ask.policy.Name)
	to := limits{t.Min, t.Max}.bound(current, ask.to)
	switch {
	case to == current && ask.to > current:
		s.unscaled(tx, t, ask, &Activity{Cause: cause, Unscaled: atMax, Max: &t.Max}, now)
		return
	case to == current:
		s.unscaled(tx, t, ask, &Activity{Cause: cause, Unscaled: atMin, Min: &t.Min}, now)
		return
	case to < current && deploying(svc):
		s.unscaled(tx, t, ask, &Activity{Cause: cause, Unscaled: inDeployment, Capacity: &current}, now)
		return
	}
	if !s.set(tx, t, svc, to, cause, now) {
		return
	}
	p := *ask.policy
	p.Acted, p.Unscaled = now, ""
	if to > current {
		p.Out = Growth{Base: p.base(current, now), Until: now.Add(s.cooldownOut(&p))}
	}
	Policies.Put(tx, p.Key(), &p)
}

// set gives a service another desired count and begins the activity that tells it.
func (s *Scaler) set(tx *store.Tx, t *Target, svc *state.Service, to int, cause string, now time.Time) bool {
	from := svc.Desired
	a := &Activity{
		Scope: t.Scope, Resource: t.Resource, ID: store.NewUUID(), Start: now, To: to, Cause: cause,
		Description: fmt.Sprintf("Setting desired count to %d.", to), Status: types.ScalingActivityStatusCodeInProgress,
		Message: fmt.Sprintf("Successfully set desired count to %d. Waiting for change to be fulfilled by ecs.", to),
	}
	if err := s.opts.SetDesired(tx, svc, to, "Message: "+a.Message+" Cause: "+cause); err != nil {
		a.Status, a.End, a.To = types.ScalingActivityStatusCodeFailed, now, 0
		a.Message = fmt.Sprintf("Failed to set desired count to %d. Reason: %s", to, err)
		note(tx, a)
		s.opts.Log.Warn("service not scaled", "resource", t.Resource, "to", to, "err", err)
		return false
	}
	s.override(tx, t, to, now)
	note(tx, a)
	next := *t
	next.Open, next.LastIn = a.Key(), time.Time{}
	if to < from {
		next.LastIn = now
	}
	Targets.Put(tx, next.Key(), &next)
	s.opts.Log.Info("service scaled", "resource", t.Resource, "from", from, "to", to, "cause", cause)
	return true
}

// unscaled writes down why a policy does nothing: once for a reason, until the alarm
// changes.
func (s *Scaler) unscaled(tx *store.Tx, t *Target, ask *proposal, a *Activity, now time.Time) {
	said := a.Unscaled + " " + ask.alarm.Transitioned.Format(time.RFC3339Nano)
	if ask.policy.Unscaled == said {
		return
	}
	a.Scope, a.Resource, a.Start, a.End = t.Scope, t.Resource, now, now
	a.Description, a.Status = "Attempting to scale due to alarm triggered", types.ScalingActivityStatusCodeFailed
	note(tx, a)
	next := *ask.policy
	next.Unscaled = said
	Policies.Put(tx, next.Key(), &next)
}

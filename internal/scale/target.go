package scale

import (
	"fmt"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// PutTarget writes a target and brings the desired count of its service within the
// bounds. A desired count above the maximum waits for the end of a deployment.
func (s *Scaler) PutTarget(tx *store.Tx, t *Target) *Target {
	next := *t
	if next.ID == "" {
		next.ID, next.Created = "0ec5"+arn.NewHex(32), s.opts.Now()
	}
	next.Enforce = true
	Targets.Put(tx, next.Key(), &next)
	s.enforce(tx, &next, s.opts.Now())
	put, _ := Targets.Get(tx, next.Key())
	return put
}

// DeleteTarget removes a target, its policies and its scheduled actions. Its
// activities stay.
func (s *Scaler) DeleteTarget(tx *store.Tx, t *Target) {
	for _, p := range PoliciesOf(tx, t) {
		s.DeletePolicy(tx, p)
	}
	for key := range Scheduleds.Prefix(tx, Prefix(t.Scope, t.Resource)) {
		Scheduleds.Delete(tx, key)
	}
	Targets.Delete(tx, t.Key())
}

// enforce brings a service within the bounds of its target, as far as that is still
// to do and can be done now.
func (s *Scaler) enforce(tx *store.Tx, t *Target, now time.Time) {
	svc, ok := ServiceOf(tx, t.Scope, t.Resource)
	if !t.Enforce || ok && paused(t, svc) {
		return
	}
	next := *t
	next.Enforce = false
	Targets.Put(tx, next.Key(), &next)
	if !ok {
		return
	}
	to := min(max(svc.Desired, t.Min), t.Max)
	if to == svc.Desired {
		return
	}
	cause := fmt.Sprintf("minimum capacity was set to %d", t.Min)
	if to < svc.Desired {
		cause = fmt.Sprintf("maximum capacity was set to %d", t.Max)
	}
	s.set(tx, &next, svc, to, cause, now)
}

// paused tells whether what a target's bounds ask for must wait.
func paused(t *Target, svc *state.Service) bool { return svc.Desired > t.Max && deploying(svc) }

// deploying tells whether scale-in of a service is paused: while a deployment is in
// progress, except under the EXTERNAL controller.
func deploying(svc *state.Service) bool {
	c := svc.Body.V.DeploymentController
	return svc.Deployment != "" && (c == nil || c.Type != "EXTERNAL")
}

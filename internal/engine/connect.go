package engine

import (
	"slices"

	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// snapshot notes, when a deployment starts, which endpoints of the namespace the
// target's tasks know: those that come later need another deployment, as in ECS.
func (r *round) snapshot(d *state.Deployment) {
	target, ok := r.revision(string(d.Machine.Target))
	if !ok || target.Connect == nil || target.Connect.Snapped {
		return
	}
	next, c := *target, *target.Connect
	c.Known, c.Snapped = connect.Snapshot(r.tx, c.Namespace), true
	next.Connect = &c
	state.Revisions.Put(r.tx, next.Key(), &next)
}

// divide gives, as a deployment begins that shifts traffic, all requests of the
// service's endpoints to blue: green's tasks stand behind them as soon as they
// run. Where others than blue have tasks RECONCILE_SERVICE does it, once blue is
// complete.
func (r *round) divide(d *state.Deployment) {
	m := &d.Machine
	if _, divided := connect.Serving(r.tx, r.svc.Key()); divided || m.Strategy == deploy.Rolling || !r.connected(d) {
		return
	}
	production := m.Traffic.Production
	for _, src := range m.Sources {
		switch {
		case m.Traffic.Blue == "": // never a success: what runs goes on serving until green takes over
			production = append(slices.Clone(production), deploy.Share{Rev: src, Tenths: 1000 / len(m.Sources)})
		case src != m.Traffic.Blue:
			return
		}
	}
	connect.SetWeights(r.tx, r.svc.Key(), production, m.Traffic.Test)
}

// roll ends what a shift left divided, as a rolling deployment begins: it moves
// no traffic by weights. Revisions that an interrupted shift had not given
// production to, or had taken it from, get none any more.
func (r *round) roll(d *state.Deployment) {
	if d.Machine.Strategy != deploy.Rolling {
		return
	}
	var without []string
	if serving, ok := connect.Serving(r.tx, r.svc.Key()); ok && r.svc.Live != "" {
		for _, src := range d.Machine.Sources {
			if n := string(src); n != r.svc.Live && len(serving) > 0 {
				without = append(without, n)
			}
		}
	}
	connect.Roll(r.tx, r.svc.Key(), without)
}

// reclaim gives the service's endpoints the names and settings of its primary
// revision again, after a rollback.
func (r *round) reclaim() {
	connect.Changed(r.tx)
	rev, ok := r.revision(r.svc.Primary)
	if !ok || rev.Connect == nil {
		return
	}
	c := *rev.Connect
	c.Endpoints = slices.Clone(c.Endpoints)
	if err := connect.Claim(r.tx, r.svc, &c, r.now); err != nil {
		r.event("was unable to take back an endpoint of Service Connect: " + err.Error() + ".")
	}
}

// connected tells whether a deployment shifts the traffic of endpoints.
func (r *round) connected(d *state.Deployment) bool {
	for _, n := range []deploy.Rev{d.Machine.Target, d.Machine.Traffic.Blue} {
		if rev, ok := r.revision(string(n)); ok && rev.Connect != nil {
			return true
		}
	}
	return false
}

// sweepEndpoints removes the endpoints that no revision of the service keeps.
func (r *round) sweepEndpoints() {
	var keep []*state.Revision
	used := false
	for _, rev := range state.Revisions.Prefix(r.tx, r.svc.Key()+"/") {
		used = used || rev.Connect != nil
	}
	if !used {
		return
	}
	if r.svc.Status != serviceInactive {
		for _, n := range append([]string{r.svc.Primary, r.svc.Live}, r.svc.Listed...) {
			if rev, ok := r.revision(n); ok {
				keep = append(keep, rev)
			}
		}
	}
	connect.Sweep(r.tx, r.svc, keep)
}

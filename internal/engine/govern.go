package engine

import (
	"slices"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
)

// govern makes the weights of a rule those of the service's deployments: stating
// again what the rule was made with then does not undo a shift.
func (r *round) govern(rule string) {
	if err := elb.Govern(r.tx, rule, r.svc.ARN()); err != nil {
		r.e.log.Error("rule not governed", "rule", rule, "err", err)
	}
}

// release gives rules back to their users, except those that keep names: a
// revision no longer uses them, or the service is gone.
func (r *round) release(keep []string) {
	for _, rev := range state.Revisions.Prefix(r.tx, r.svc.Key()+"/") {
		for _, rule := range rulesOf(rev) {
			if !slices.Contains(keep, rule) {
				elb.Release(r.tx, rule, r.svc.ARN())
			}
		}
	}
}

// rulesOf lists the listener rules of a revision.
func rulesOf(rev *state.Revision) []string {
	var out []string
	for _, p := range pairsOf(rev) {
		out = append(out, p.production)
		if p.test != "" {
			out = append(out, p.test)
		}
	}
	return out
}

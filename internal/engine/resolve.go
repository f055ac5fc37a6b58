package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
)

// Sentences of ECS about networking configurations that cannot work.
const (
	noRules      = "One or more rules not found"
	noListeners  = "One or more listeners not found"
	bothGroups   = "Both targetGroup and alternateTargetGroup must be associated with the productionListenerRule or testListenerRule."
	strayGroup   = "Target group %s is not associated with either productionListenerRule or testListenerRule."
	manyServe    = "productionListenerRule %s should have exactly one target group serving traffic but found %d target groups which are serving traffic"
	strangeGroup = "Production listener rule is forwarding traffic to unexpected target group %s. Expected traffic to be forwarded to either targetGroupArn: %s or alternateTargetGroupArn: %s"
	notLive      = "productionListenerRule %s is forwarding traffic to %s but the tasks of the live service revision %s are registered in %s. Let the rule forward to that target group, then deploy again."
)

// resolve chooses, when a deployment starts, in which target group of each pair
// the target's tasks register, and keeps that in the revision. It answers what is
// wrong with the rules, as ECS says it; then the deployment must not go on.
//
// Blue is where the live revision is; before the first success it is what the
// production rule forwards to. A deployment that shifts traffic takes the other
// group, a rolling one the same. So roles swap with every shift, from the very
// first deployment on, and the configuration never changes.
func (r *round) resolve(d *state.Deployment) (problem string) {
	target, ok := r.revision(string(d.Machine.Target))
	if !ok {
		return ""
	}
	pairs := pairsOf(target)
	if len(pairs) == 0 {
		r.stranded(&d.Machine, target)
		return ""
	}
	chosen := map[int]string{}
	for _, p := range pairs {
		base, sentence := r.base(&d.Machine, p)
		if problem == "" {
			problem = sentence
		}
		chosen[p.block] = p.other(base)
		if d.Machine.Strategy == deploy.Rolling {
			chosen[p.block] = base
			r.reunite(p, base)
		}
	}
	next := *target
	next.Body.V.ResolvedConfiguration = resolved(target, chosen)
	state.Revisions.Put(r.tx, next.Key(), &next)
	return problem
}

// stranded warns when a revision without advancedConfiguration registers its tasks
// in a group that nothing forwards to, because the other one serves: ECS lets
// people do that, and the requests fail when the old tasks are gone.
func (r *round) stranded(m *deploy.Deployment, target *state.Revision) {
	live, ok := r.revision(string(m.RollbackTo))
	if !ok {
		return
	}
	for _, p := range pairsOf(live) {
		for block := range target.Body.V.LoadBalancers {
			group, serves := groupOf(target, block), groupIn(live, p)
			if p.has(group) && serves != "" && group != serves {
				r.event(fmt.Sprintf("registers new tasks in (target-group %s), but (rule %s) forwards to (target-group %s). "+
					"Without advancedConfiguration no deployment moves the traffic: change the rule, or keep advancedConfiguration.", group, p.production, serves))
			}
		}
	}
}

// base is the group of a pair that serves production as a deployment begins.
func (r *round) base(m *deploy.Deployment, p pair) (group, problem string) {
	from := m.Traffic.Blue
	if m.Strategy == deploy.Rolling {
		from = m.RollbackTo
	}
	live, _ := r.revision(string(from))
	home := groupIn(live, p)
	if home == "" {
		home = p.groups[0]
	}
	weights, err := elb.Weights(r.tx, p.production)
	switch {
	case errors.Is(err, elb.ErrNoRule):
		return home, noneFound(p.production)
	case err != nil:
		return home, err.Error()
	}
	var serving []string
	for _, g := range sorted(weights) {
		switch {
		case weights[g] == 0:
		case !p.has(g):
			return home, fmt.Sprintf(strangeGroup, g, p.groups[0], p.groups[1])
		default:
			serving = append(serving, g)
		}
	}
	if problem := r.unassociated(p, weights); problem != "" {
		return home, problem
	}
	known := groupIn(live, p) != ""
	interrupted := m.Traffic.Divided || slices.ContainsFunc(m.Sources, func(x deploy.Rev) bool { return x != from })
	switch {
	case known && interrupted:
		return home, "" // RECONCILE_SERVICE brings the traffic back to blue
	case len(serving) != 1:
		return home, fmt.Sprintf(manyServe, p.production, len(serving))
	case known && serving[0] != home && r.tasksOf(string(from)) > 0:
		return home, fmt.Sprintf(notLive, p.production, serving[0], live.ARN(), home)
	}
	return serving[0], ""
}

// unassociated: a group that no rule knows is probed by nobody.
func (r *round) unassociated(p pair, production map[string]int) string {
	test := map[string]int{}
	if p.test != "" {
		w, err := elb.Weights(r.tx, p.test)
		if errors.Is(err, elb.ErrNoRule) {
			return noneFound(p.test)
		}
		test = w
	}
	known := func(g string) bool {
		_, a := production[g]
		_, b := test[g]
		return a || b
	}
	first, second := known(p.groups[0]), known(p.groups[1])
	switch {
	case first && second:
		return ""
	case p.test == "":
		return bothGroups
	case first:
		return fmt.Sprintf(strayGroup, p.groups[1])
	}
	return fmt.Sprintf(strayGroup, p.groups[0])
}

// reunite gives one group all the traffic that an interrupted shift left divided,
// for a rolling deployment moves none.
func (r *round) reunite(p pair, base string) {
	all := map[string]int{base: 100, p.other(base): 0}
	for _, rule := range []string{p.production, p.test} {
		weights, err := elb.Weights(r.tx, rule)
		if rule == "" || err != nil || weights[p.other(base)] == 0 {
			continue
		}
		if rule == p.test && weights[base] == 0 && r.svc.Live == "" {
			continue // as its owner made it
		}
		if err := elb.SetWeights(r.tx, rule, all); err != nil {
			r.e.log.Error("weights not set", "rule", rule, "err", err)
			continue
		}
		r.govern(rule)
		r.event(fmt.Sprintf("returned all traffic of (rule %s) to (target-group %s)", rule, base))
	}
}

func (r *round) revision(n string) (*state.Revision, bool) {
	return state.Revisions.Get(r.tx, r.svc.Key()+"/"+n)
}

// tasksOf counts the tasks of a revision that are not being stopped.
func (r *round) tasksOf(n string) (count int) {
	for _, t := range r.tasks {
		if t.Revision == n && t.LastStatus != Stopped && t.DesiredStatus != Stopped {
			count++
		}
	}
	return count
}

package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
)

// setWeights moves the traffic of every pair of the deployment, in the
// transaction that keeps the machine's decision: one cannot be without the other,
// and all rules change in one routing table.
func (r *round) setWeights(d *state.Deployment, x deploy.SetWeights) {
	faultWeights.Hit()
	defer faultWeighted.Hit()
	if r.connected(d) {
		connect.SetWeights(r.tx, r.svc.Key(), x.Production, x.Test)
	}
	var lost []string
	for _, c := range r.rules(d, x.Production, x.Test) {
		if err := elb.SetWeights(r.tx, c.rule, c.weights); err != nil {
			lost = append(lost, cannotSet(c.rule, err))
			continue
		}
		r.govern(c.rule)
	}
	if len(lost) > 0 {
		reason := strings.Join(lost, " ")
		r.event("was unable to shift traffic: " + reason)
		r.queue = append(r.queue, deploy.RouteFailed{Version: x.Version, Reason: reason, Network: true, Permanent: true})
	}
}

func cannotSet(rule string, err error) string {
	if errors.Is(err, elb.ErrNoRule) {
		return noneFound(rule) + ": " + rule + "."
	}
	return fmt.Sprintf("%s %s cannot be changed: %v.", ruleWord(rule), rule, err)
}

// ruleWord is what a rule is: on a network load balancer, a listener.
func ruleWord(rule string) string {
	if elb.Kind(rule) == elb.Network {
		return "Listener"
	}
	return "Listener rule"
}

// noneFound says that a rule, or the listener that stands for one, does not exist.
func noneFound(rule string) string {
	if elb.Kind(rule) == elb.Network {
		return noListeners
	}
	return noRules
}

// ruled is a rule with the weights that it has, or shall have.
type ruled struct {
	rule    string
	weights map[string]int
}

// rules lists the weights that shares of revisions mean for the rules of a deployment.
func (r *round) rules(d *state.Deployment, production, test []deploy.Share) []ruled {
	target, ok := r.revision(string(d.Machine.Target))
	if !ok {
		return nil
	}
	var out []ruled
	for _, p := range pairsOf(target) {
		green := groupIn(target, p)
		group := func(x deploy.Rev) string {
			rev, _ := r.revision(string(x))
			return groupIn(rev, p)
		}
		out = append(out, ruled{p.production, p.weights(production, group, green)})
		if p.test != "" && len(test) > 0 {
			out = append(out, ruled{p.test, p.weights(test, group, green)})
		}
	}
	return out
}

// tampered compares the live weights with those that the deployment set, before
// it takes another step. It answers what was expected and what was found.
func (r *round) tampered(d *state.Deployment) string {
	m := &d.Machine
	if m.Status != deploy.InProgress || len(m.Traffic.Production) == 0 || m.Stage == deploy.ReconcileService && m.Traffic.Version == 0 {
		return ""
	}
	test := m.Traffic.Test
	if m.Traffic.Version == 0 {
		test = nil // nobody promised what the test rule does before the first shift
	}
	for _, c := range r.rules(d, m.Traffic.Production, test) {
		found, err := elb.Weights(r.tx, c.rule)
		if err != nil {
			return cannotSet(c.rule, err)
		}
		if !sameShares(c.weights, found) {
			return fmt.Sprintf("%s %s was changed during the deployment: expected the weights %s, found %s.", ruleWord(c.rule), c.rule, told(c.weights), told(found))
		}
	}
	return ""
}

// sameShares tells whether two sets of weights divide traffic alike.
func sameShares(a, b map[string]int) bool {
	sum := func(w map[string]int) (n int) {
		for _, x := range w {
			n += x
		}
		return n
	}
	sa, sb := sum(a), sum(b)
	for _, g := range append(sorted(a), sorted(b)...) {
		if a[g]*sb != b[g]*sa {
			return false
		}
	}
	return sa > 0 == (sb > 0)
}

// told shows weights: "group 90, group 10".
func told(weights map[string]int) string {
	parts := make([]string, 0, len(weights))
	for _, g := range sorted(weights) {
		parts = append(parts, fmt.Sprintf("%s %d", g, weights[g]))
	}
	return strings.Join(parts, ", ")
}

func sorted(weights map[string]int) []string { return slices.Sorted(maps.Keys(weights)) }

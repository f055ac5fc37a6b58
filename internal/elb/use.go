package elb

import (
	"slices"
	"strings"

	"github.com/grue-ecs/grue/internal/store"
)

// use says that a rule forwards to a group. Its id is "<group ARN>/<rule ARN>".
type use struct{ Rule string }

var uses = store.NewTable[use]("elb.use")

// updateUse records which groups a rule uses after a change of it.
func updateUse(tx *store.Tx, ruleARN string, before, after []string) {
	for _, g := range before {
		if !slices.Contains(after, g) {
			uses.Delete(tx, g+"/"+ruleARN)
		}
	}
	for _, g := range after {
		if !slices.Contains(before, g) {
			uses.Put(tx, g+"/"+ruleARN, &use{ruleARN})
		}
	}
}

// Associated tells whether a listener or rule refers to a target group.
func Associated(tx *store.Tx, groupARN string) bool {
	for range uses.Prefix(tx, groupARN+"/") {
		return true
	}
	return false
}

// LoadBalancersOf lists the ARNs of the load balancers whose rules refer to a
// group.
func LoadBalancersOf(tx *store.Tx, groupARN string) []string {
	var out []string
	for _, u := range uses.Prefix(tx, groupARN+"/") {
		lb := LoadBalancerOfRule(u.Rule)
		if !slices.Contains(out, lb) {
			out = append(out, lb)
		}
	}
	return out
}

// GroupsOf lists the ARNs of the target groups that the rules of a load
// balancer refer to.
func GroupsOf(tx *store.Tx, lbARN string) []string {
	var out []string
	for l := range Listeners(tx, lbARN) {
		for r := range Rules(tx, l.ARN) {
			out = append(out, r.Groups()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// LoadBalancerOfRule is the ARN of the load balancer in a rule's or listener's ARN,
// whether or not they exist.
func LoadBalancerOfRule(ruleOrListenerARN string) string {
	s := strings.Replace(ruleOrListenerARN, ":listener-rule/", ":loadbalancer/", 1)
	s = strings.Replace(s, ":listener/", ":loadbalancer/", 1)
	parts := strings.Split(s, "/")
	return strings.Join(parts[:min(4, len(parts))], "/")
}

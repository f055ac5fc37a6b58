package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

// balancersKind is the view balancers: every load balancer of a region.
func balancersKind() Kind {
	return Kind{Name: "balancers", Open: func(s *Site, scope arn.Scope, _ []string) View {
		rates := &rateMeter{}
		return View{
			All:   allBalancers,
			Touch: touchBalancers,
			Measure: func(b *Build) Items {
				out, lbs := Items{}, rates.look(s, b.Now)
				for lb := range elb.LoadBalancers(b.Tx, b.Scope) {
					if r := lbs.of(lb.Dimension(), ""); r != nil {
						out["rate/"+lb.Name] = r
					}
				}
				return out
			},
		}
	}}
}

// touchBalancers concerns everything that has to do with Elastic Load Balancing; the
// store tells kinds apart by their names.
func touchBalancers(c store.Change) []string {
	if strings.HasPrefix(c.Kind, "elb.") {
		return Everything
	}
	return nil
}

func allBalancers(b *Build) (Items, error) {
	out := Items{}
	for lb := range elb.LoadBalancers(b.Tx, b.Scope) {
		out["lb/"+lb.Name] = balancerItem(b, lb)
	}
	return out, nil
}

// balancerItem sums up a load balancer.
func balancerItem(b *Build, lb *elb.LoadBalancer) *BalancerItem {
	out := &BalancerItem{
		Name: lb.Name, ARN: lb.ARN, Type: "application", Scheme: lb.Scheme, Address: lb.Address, DNSName: lb.PublicName,
		Created: At(lb.Created), Listeners: []string{}, Targets: map[string]int{},
	}
	if lb.IsNetwork() {
		out.Type = "network"
	}
	if b.opts.Balancer != nil {
		out.Impaired = b.opts.Balancer.Impaired(lb.ARN)
	}
	for _, l := range listenersInOrder(b.Tx, lb.ARN) {
		out.Listeners = append(out.Listeners, l.Protocol+":"+strconv.Itoa(l.Port))
		for range elb.Rules(b.Tx, l.ARN) {
			out.Rules++
		}
	}
	groups := elb.GroupsOf(b.Tx, lb.ARN)
	out.Groups = len(groups)
	for _, g := range groups {
		for r := range elb.Registered(b.Tx, g) {
			out.Targets[healthOf(b, r).State]++
		}
	}
	return out
}

// healthOf is the state of a target; without a Balancer only what records tell.
func healthOf(b *Build, r *elb.Registration) elb.HealthState {
	if b.opts.Balancer == nil {
		return elb.HealthState{State: elb.Initial}
	}
	return b.opts.Balancer.HealthOf(b.Tx, r)
}

func listenersInOrder(tx *store.Tx, lbARN string) []*elb.Listener {
	all := slices.Collect(elb.Listeners(tx, lbARN))
	slices.SortFunc(all, func(a, b *elb.Listener) int { return cmp.Compare(a.Port, b.Port) })
	return all
}

// checkWords says how the targets of a group are probed.
func checkWords(g *elb.TargetGroup) string {
	c := &g.Check
	if !c.Enabled {
		return "no health check"
	}
	words := c.Protocol
	if c.Protocol != "TCP" {
		words += " " + c.Path
	}
	if c.Port != "" && c.Port != elb.TrafficPort {
		words += " on port " + c.Port
	}
	words += " every " + spanWords(time.Duration(c.Interval)*time.Second) + ", at most " + spanWords(time.Duration(c.Timeout)*time.Second)
	if code := cmp.Or(c.GRPCCode, c.HTTPCode); code != "" {
		words += ", expects " + code
	}
	return words + "; healthy after " + strconv.Itoa(c.Healthy) + ", unhealthy after " + strconv.Itoa(c.Unhealthy)
}

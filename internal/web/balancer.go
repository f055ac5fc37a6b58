package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// balancerKind is the view balancer/NAME: one load balancer with everything on it.
func balancerKind() Kind {
	return Kind{Name: "balancer", Parts: 1, Open: func(s *Site, _ arn.Scope, parts []string) View {
		name, rates := parts[0], &rateMeter{}
		return View{
			All: func(b *Build) (Items, error) { return wholeBalancer(b, name) },
			Touch: func(c store.Change) []string {
				if c.Kind == state.Tasks.Kind() && !ownsTargets(c) {
					return nil
				}
				if c.Kind == state.Tasks.Kind() {
					return Everything
				}
				return touchBalancers(c)
			},
			Measure: func(b *Build) Items { return balancerRates(b, name, rates.look(s, b.Now)) },
		}
	}}
}

// ownsTargets tells whether a change of a task may change who owns a target.
func ownsTargets(c store.Change) bool {
	task, old := state.Tasks.Of(c)
	return (task == nil || old == nil) && (task != nil && len(task.Targets) > 0 || old != nil && len(old.Targets) > 0) ||
		task != nil && old != nil && len(task.Targets) != len(old.Targets)
}

func wholeBalancer(b *Build, name string) (Items, error) {
	lb, ok := elb.LoadBalancerNamed(b.Tx, b.Scope, name)
	if !ok {
		return nil, &Problem{Code: "LoadBalancerNotFound", Message: "There is no load balancer " + name + " in " + b.Scope.Region + ".", Status: http.StatusNotFound}
	}
	out := Items{"lb": balancerItem(b, lb)}
	for _, l := range listenersInOrder(b.Tx, lb.ARN) {
		rules := elb.RulesInOrder(b.Tx, l.ARN)
		item := &ListenerItem{ARN: l.ARN, Port: l.Port, Protocol: l.Protocol, Certificate: l.Certificate, Policy: l.SSLPolicy, Rules: len(rules)}
		if item.Certificate == "" && (l.Protocol == route.ProtocolHTTPS || l.Protocol == route.ProtocolTLS) {
			item.Certificate = "self-signed"
		}
		out["listener/"+l.ARN] = item
		for i, r := range rules {
			out["rule/"+r.ARN] = ruleItem(b.Tx, l.ARN, r, i)
		}
	}
	owners := targetOwners(b)
	for _, g := range elb.GroupsOf(b.Tx, lb.ARN) {
		if group, ok := elb.Group(b.Tx, g); ok {
			addGroup(b, out, group, owners)
		}
	}
	return out, nil
}

func ruleItem(tx *store.Tx, listener string, r *elb.Rule, order int) *RuleItem {
	plain := elb.RouteRule(r)
	out := &RuleItem{
		ARN: r.ARN, Listener: listener, Default: r.Default, Priority: r.Priority, Order: order, Conditions: []string{},
		Action: actionItem(tx, &plain.Action), Governed: r.Given != nil, Owner: r.Owner,
	}
	for i := range plain.Conditions {
		out.Conditions = append(out.Conditions, conditionWords(&plain.Conditions[i]))
	}
	for _, t := range plain.Transforms {
		what := "URL"
		if t.Type == "host-header-rewrite" {
			what = "host"
		}
		out.Transforms = append(out.Transforms, "in the "+what+", "+t.Regex+" becomes "+t.Replace)
	}
	return out
}

// targetOwners finds the tasks behind targets, by group, id and port.
func targetOwners(b *Build) map[string]*state.Task {
	out := map[string]*state.Task{}
	for _, t := range state.Tasks.Prefix(b.Tx, b.Scope.Key("")) {
		if t.LastStatus == "STOPPED" {
			continue
		}
		for _, x := range t.Targets {
			out[targetName(x.Group, x.ID, x.Port)] = t
		}
	}
	return out
}

func targetName(group, id string, port int) string {
	return group + "/" + id + ":" + strconv.Itoa(port)
}

// addGroup adds a group and its targets.
func addGroup(b *Build, out Items, g *elb.TargetGroup, owners map[string]*state.Task) {
	item := &GroupItem{
		ARN: g.ARN, Name: g.Name, Protocol: g.Protocol, Version: g.ProtocolVersion, Port: g.Port, Type: g.TargetType,
		Check: checkWords(g), Targets: map[string]int{},
	}
	for r := range elb.Registered(b.Tx, g.ARN) {
		h := healthOf(b, r)
		t := &TargetItem{
			Group: g.ARN, ID: r.ID, Port: r.Port, State: h.State, Reason: h.Reason, Words: healthWords(&h),
			Since: At(h.Since), Registered: At(r.Registered),
		}
		if h.State == elb.Draining {
			t.Until = At(r.DrainUntil)
		}
		if task := owners[targetName(r.Group, r.ID, r.Port)]; task != nil {
			t.Task, t.Revision = task.Cluster+"/"+task.ID, task.Revision
			if task.Service != "" {
				t.Service = task.Cluster + "/" + task.Service
				item.Service = t.Service
			}
		}
		item.Targets[h.State]++
		out["target/"+targetName(r.Group, r.ID, r.Port)] = t
	}
	out["group/"+g.ARN] = item
}

// reasons are Elastic Load Balancing's reason codes, in words that say what to look
// at.
var reasons = map[string]string{
	"Elb.RegistrationInProgress":      "It has just been registered.",
	"Elb.InitialHealthChecking":       "The first health checks are on their way.",
	"Elb.InternalError":               "The load balancer could not check it.",
	"Target.ResponseCodeMismatch":     "It answers health checks with a status that the target group does not expect.",
	"Target.Timeout":                  "It does not answer health checks in time.",
	"Target.FailedHealthChecks":       "Connections for health checks fail.",
	"Target.NotRegistered":            "It is not registered.",
	"Target.NotInUse":                 "No rule forwards to its target group, so it is neither checked nor used.",
	"Target.DeregistrationInProgress": "It is leaving: what is in flight may end, nothing new comes.",
	"Target.InvalidState":             "It is stopped.",
	"Target.IpUnusable":               "Its address cannot be used.",
	"Target.HealthCheckDisabled":      "Its target group has no health checks.",
}

// healthWords says why a target is in its state; "" when it is healthy.
func healthWords(h *elb.HealthState) string {
	words := reasons[h.Reason]
	if words == "" {
		return h.Description
	}
	if h.Reason == "Target.ResponseCodeMismatch" || h.Reason == "Target.FailedHealthChecks" {
		// Health checks failed with these codes: [500]
		if _, detail, ok := strings.Cut(h.Description, ": "); ok {
			words = strings.TrimSuffix(words, ".") + ": " + detail + "."
		}
	}
	return words
}

// balancerRates are the measures of one load balancer and of its groups.
func balancerRates(b *Build, name string, rates rateTable) Items {
	lb, ok := elb.LoadBalancerNamed(b.Tx, b.Scope, name)
	if !ok {
		return nil
	}
	out := Items{}
	if r := rates.of(lb.Dimension(), ""); r != nil {
		out["rate"] = r
	}
	for _, g := range elb.GroupsOf(b.Tx, lb.ARN) {
		if r := rates.of(lb.Dimension(), g); r != nil {
			out["rate/"+g] = r
		}
	}
	return out
}

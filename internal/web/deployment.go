package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// deploymentKind is the view deployment/CLUSTER/SERVICE/ID.
func deploymentKind() Kind {
	return Kind{Name: "deployment", Parts: 3, Open: func(_ *Site, scope arn.Scope, parts []string) View {
		p := &deploymentPage{service: scope.Key(parts[0], parts[1]), key: scope.Key(parts...), scope: scope}
		return View{All: p.all, Touch: p.touch, Measure: p.measure}
	}}
}

// deploymentPage is computed as a whole: it is small, but for the differences of the
// revisions, which do not change while their records do not.
type deploymentPage struct {
	service, key string
	scope        arn.Scope
	diff         *Differences
	diffOf       [4]any // what it was made of
}

func (p *deploymentPage) load(b *Build) (*state.Service, *state.Deployment, error) {
	svc, ok := state.Services.Get(b.Tx, p.service)
	d, found := state.Deployments.Get(b.Tx, p.key)
	if !ok || !found {
		return nil, nil, &Problem{
			Code: "ServiceDeploymentNotFoundException", Status: http.StatusNotFound,
			Message: "There is no such deployment. Those that ended more than 90 days ago are forgotten.",
		}
	}
	return svc, d, nil
}

func (p *deploymentPage) all(b *Build) (Items, error) {
	svc, d, err := p.load(b)
	if err != nil {
		return nil, err
	}
	c := &state.Chronicle{}
	if found, ok := state.Chronicles.Get(b.Tx, p.key); ok {
		c = found
	}
	out := Items{"head": b.head(svc, d, c), "weights": weights(d, c)}
	b.putSides(out, svc, d)
	b.putTasks(out, svc, d)
	for i := range c.Hooks {
		out["hook/"+c.Hooks[i].Execution] = hookItem(d, &c.Hooks[i])
	}
	for i, x := range decisionItems(d) {
		out["decision/"+strconv.Itoa(i)] = x
	}
	for key, e := range story(svc, d, c) {
		out[key] = e
	}
	p.putDiff(b, out, svc, d)
	p.putMeasured(b, out, svc, d)
	return out, nil
}

func (p *deploymentPage) touch(c store.Change) []string {
	switch c.Kind {
	case state.Services.Kind():
		if c.ID == p.service {
			return Everything
		}
	case state.Deployments.Kind(), state.Chronicles.Kind():
		if c.ID == p.key {
			return Everything
		}
	case state.Revisions.Kind():
		if strings.HasPrefix(c.ID, p.service+"/") {
			return Everything
		}
	case state.Tasks.Kind():
		t, old := state.Tasks.Of(c)
		if t == nil {
			t = old
		}
		if t.ServiceKey() == p.service {
			return Everything
		}
	case watch.Alarms.Kind():
		if strings.HasPrefix(c.ID, p.scope.Key("")) {
			return Everything
		}
	case "elb.verdict":
		return Everything
	}
	return nil
}

// measure computes what no record tells.
func (p *deploymentPage) measure(b *Build) Items {
	svc, d, err := p.load(b)
	if err != nil {
		return nil
	}
	c := &state.Chronicle{}
	if found, ok := state.Chronicles.Get(b.Tx, p.key); ok {
		c = found
	}
	out := Items{"head": b.head(svc, d, c)}
	b.putSides(out, svc, d)
	p.putMeasured(b, out, svc, d)
	return out
}

// putMeasured adds alarms with their values, and the traffic of both revisions.
func (p *deploymentPage) putMeasured(b *Build, out Items, svc *state.Service, d *state.Deployment) {
	for _, name := range alarmNames(&d.Config.V) {
		name = alarm.NameOf(name)
		if a, ok := watch.Alarms.Get(b.Tx, d.Scope.Key(name)); ok {
			out["alarm/"+name] = b.alarmItem(a, true)
		}
	}
	if b.opts.Ledger == nil {
		return
	}
	if blue := blueOf(d); blue != "" {
		out["traffic/blue"] = b.trafficItem(d, blue, nil)
	}
	out["traffic/green"] = b.trafficItem(d, string(d.Machine.Target), b.served(d.Key()))
	if _, ok := b.opts.Ledger.Total(servedBy(svc, elb.Mixed)); ok {
		out["traffic/mixed"] = b.trafficItem(d, elb.Mixed, nil)
	}
}

// head sums up the deployment.
func (b *Build) head(svc *state.Service, d *state.Deployment, c *state.Chronicle) *Head {
	m := &d.Machine
	out := &Head{
		DeploymentItem: *b.deploymentItem(svc, d), ARN: d.ARN(), Cluster: d.Cluster, Service: d.Service,
		Stages: stages(m, c.Stages), Actions: b.actions(svc, d), Halted: d.Halted,
		Breaker: Breaker{Status: string(m.Breaker.Status), Failures: m.Breaker.Failures, Threshold: m.Breaker.Threshold},
		Blue:    blueOf(d), Green: string(m.Target), Minute: b.opts.Minute.Seconds(),
	}
	if !m.Status.Terminal() {
		_, until := b.waiting(svc, d)
		out.Until = At(until)
	}
	return out
}

// putSides adds the two revisions.
func (b *Build) putSides(out Items, svc *state.Service, d *state.Deployment) {
	n := countsOf(state.TasksOf(b.Tx, svc))
	if blue := blueOf(d); blue != "" {
		out["blue"] = b.side(svc, d, blue, n[blue])
	}
	out["green"] = b.side(svc, d, string(d.Machine.Target), n[string(d.Machine.Target)])
}

func (b *Build) side(svc *state.Service, d *state.Deployment, revision string, n *counts) *Side {
	m := &d.Machine
	if n == nil {
		n = &counts{}
	}
	out := &Side{
		Revision: revision, Images: []Image{}, HasTest: len(m.Traffic.Test) > 0,
		Production: shareOf(m.Traffic.Production, deploy.Rev(revision)), Test: shareOf(m.Traffic.Test, deploy.Rev(revision)),
		Running: n.running, Pending: n.pending, Healthy: n.healthy, Stopping: n.stopping,
		Weighed: len(m.Traffic.Production) > 0, Rate: b.rate(servedBy(svc, revision)),
	}
	for _, g := range m.Goals {
		if string(g.Rev) == revision {
			out.Desired = g.Want
		}
	}
	if rev, ok := state.Revisions.Get(b.Tx, svc.Key()+"/"+revision); ok {
		out.TaskDefinition, out.Images = revisionOf(rev)
	}
	return out
}

// putTasks adds the tasks of the two revisions; of stopped ones those that ran while
// the deployment did.
func (b *Build) putTasks(out Items, svc *state.Service, d *state.Deployment) {
	sides := map[string]string{blueOf(d): "blue", string(d.Machine.Target): "green"}
	over := ended(&d.Machine)
	for _, t := range state.TasksOf(b.Tx, svc) {
		side := sides[t.Revision]
		if side == "" || !t.Stopped.IsZero() && t.Stopped.Before(d.Created) || !over.IsZero() && t.Created.After(over) {
			continue
		}
		item := taskItem(t)
		item.Side, item.Why = side, b.taskWhy(t)
		out["task/"+t.ID] = item
	}
}

// putDiff adds what green changes.
func (p *deploymentPage) putDiff(b *Build, out Items, svc *state.Service, d *state.Deployment) {
	blue, ok := state.Revisions.Get(b.Tx, svc.Key()+"/"+blueOf(d))
	green, found := state.Revisions.Get(b.Tx, svc.Key()+"/"+string(d.Machine.Target))
	if !ok || !found {
		return
	}
	of := [4]any{&blue.Body, &green.Body, definitionOf(b.Tx, blue), definitionOf(b.Tx, green)}
	if p.diff == nil || p.diffOf != of {
		p.diff, p.diffOf = differences(subjectOf(b.Tx, blue), subjectOf(b.Tx, green)), of
	}
	out["diff"] = p.diff
}

// definitionOf is the record of a revision's task definition; nil = it is gone.
func definitionOf(tx *store.Tx, rev *state.Revision) *state.TaskDefinition {
	td, _ := state.DefinitionByARN(tx, aws.ToString(rev.Body.V.TaskDefinition))
	return td
}

// weights is the series of shifts.
func weights(d *state.Deployment, c *state.Chronicle) *Weights {
	out := &Weights{Shifts: []Shift{}}
	m := &d.Machine
	for _, s := range c.Shifts {
		green := shareOf(s.Production, m.Target)
		sum := 0.0
		for _, x := range s.Production {
			sum += x.Percent()
		}
		out.Shifts = append(out.Shifts, Shift{At: At(s.At), Acked: At(s.Acked), Green: green, Blue: sum - green, Test: shareOf(s.Test, m.Target)})
	}
	return out
}

// hookItem is one execution of a hook.
func hookItem(d *state.Deployment, n *state.HookNote) *HookItem {
	out := &HookItem{
		ID: n.ID, Execution: n.Execution, Type: string(n.Type), Stage: string(n.Stage), Step: n.Step, Status: string(n.Status), Calls: n.Call,
		Undo: n.Undo, Started: At(n.Began), Ended: At(n.Ended), Error: n.Error,
	}
	if n.Open() {
		out.Expires = At(n.ExpiresAt)
		if n.Call > 0 {
			out.Next = At(n.NextCall)
		}
	}
	if n.Config < len(d.Machine.Config.Hooks) {
		out.Target = d.Machine.Config.Hooks[n.Config].Target
		if out.OnTimeout = string(d.Machine.Config.Hooks[n.Config].Action); out.OnTimeout == "" {
			out.OnTimeout = string(deploy.ActionRollback)
		}
	}
	if i := slices.IndexFunc(d.Decisions, func(x state.Decision) bool { return x.HookID == n.ID }); i >= 0 {
		out.By, out.Reason = d.Decisions[i].By, d.Decisions[i].Reason
	}
	if len(n.Details) > 0 {
		out.Details = n.Details
	}
	return out
}

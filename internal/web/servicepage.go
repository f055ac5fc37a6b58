package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// serviceKind is the view service/CLUSTER/NAME: a service and its history.
func serviceKind() Kind {
	return Kind{Name: "service", Parts: 2, Open: func(_ *Site, scope arn.Scope, parts []string) View {
		p := &servicePage{key: scope.Key(parts[0], parts[1]), alarms: scope.Key("")}
		return View{All: p.all, Touch: p.touch, Item: p.item, Measure: p.measure}
	}}
}

type servicePage struct {
	key    string // of the service
	alarms string // prefix of keys
}

func noService() error {
	return &Problem{Code: "ServiceNotFoundException", Message: "There is no such service in this region.", Status: http.StatusNotFound}
}

func (p *servicePage) all(b *Build) (Items, error) {
	svc, ok := state.Services.Get(b.Tx, p.key)
	if !ok {
		return nil, noService()
	}
	out := Items{"service": serviceDetail(b, svc)}
	for _, d := range deploymentsOf(b.Tx, svc) {
		out["deployment/"+d.ID] = b.deploymentItem(svc, d)
	}
	n := countsOf(state.TasksOf(b.Tx, svc))
	for _, r := range revisionsOf(b.Tx, svc) {
		out["revision/"+r.N] = b.revisionItem(svc, r, n[r.N])
	}
	for i := range svc.Events {
		out["event/"+svc.Events[i].ID] = serviceEvent(&svc.Events[i])
	}
	return out, nil
}

func (p *servicePage) touch(c store.Change) []string {
	id, mine := strings.CutPrefix(c.ID, p.key+"/")
	switch c.Kind {
	case state.Services.Kind():
		if c.ID == p.key {
			return touchedService(c)
		}
	case state.Deployments.Kind(), state.Chronicles.Kind():
		if mine {
			return []string{"service", "deployment/" + id}
		}
	case state.Revisions.Kind():
		if mine {
			return []string{"service", "revision/" + id}
		}
	case state.Tasks.Kind():
		t, old := state.Tasks.Of(c)
		if t == nil {
			t = old
		}
		if t.ServiceKey() == p.key {
			return []string{"service", "revision/" + t.Revision}
		}
	case watch.Alarms.Kind():
		if strings.HasPrefix(c.ID, p.alarms) {
			return []string{"service"}
		}
	}
	return nil
}

// touchedService finds which revisions and events changed with a service.
func touchedService(c store.Change) []string {
	now, old := state.Services.Of(c)
	if now == nil || old == nil {
		return Everything
	}
	out := []string{"service"}
	for _, n := range []string{now.Primary, old.Primary, now.Live, old.Live, now.Deployment, old.Deployment} {
		if n != "" {
			out = append(out, "revision/"+n, "deployment/"+n)
		}
	}
	for _, pair := range [][2][]state.ServiceEvent{{now.Events, old.Events}, {old.Events, now.Events}} {
		for i := range pair[0] {
			same := func(e state.ServiceEvent) bool { return e.ID == pair[0][i].ID }
			if !slices.ContainsFunc(pair[1], same) {
				out = append(out, "event/"+pair[0][i].ID)
			}
		}
	}
	return out
}

func (p *servicePage) item(b *Build, key string) any {
	svc, ok := state.Services.Get(b.Tx, p.key)
	if !ok {
		return nil
	}
	kind, id, _ := strings.Cut(key, "/")
	switch kind {
	case "service":
		return serviceDetail(b, svc)
	case "deployment":
		if d, ok := state.Deployments.Get(b.Tx, p.key+"/"+id); ok {
			return b.deploymentItem(svc, d)
		}
	case "revision":
		if r, ok := state.Revisions.Get(b.Tx, p.key+"/"+id); ok {
			return b.revisionItem(svc, r, countsOf(state.TasksOf(b.Tx, svc))[id])
		}
	case "event":
		for i := range svc.Events {
			if svc.Events[i].ID == id {
				return serviceEvent(&svc.Events[i])
			}
		}
	}
	return nil
}

// measure computes what traffic changes.
func (p *servicePage) measure(b *Build) Items {
	svc, ok := state.Services.Get(b.Tx, p.key)
	if !ok {
		return nil
	}
	out := Items{"service": serviceDetail(b, svc)}
	for _, id := range []string{svc.Deployment, svc.Last} {
		if d, ok := state.Deployments.Get(b.Tx, p.key+"/"+id); ok && id != "" {
			out["deployment/"+id] = b.deploymentItem(svc, d)
		}
	}
	n := countsOf(state.TasksOf(b.Tx, svc))
	for _, rev := range append([]string{svc.Live}, svc.Listed...) {
		if r, ok := state.Revisions.Get(b.Tx, p.key+"/"+rev); ok && rev != "" {
			out["revision/"+rev] = b.revisionItem(svc, r, n[rev])
		}
	}
	return out
}

// serviceDetail is a service with its configuration.
func serviceDetail(b *Build, svc *state.Service) *ServiceDetail {
	out := &ServiceDetail{
		ServiceItem: *serviceItem(b, svc), DeploymentConfiguration: configuration(svc),
		CanRollBackTo: []string{}, LaunchType: string(svc.Body.V.LaunchType), Exposure: exposures(b, svc),
	}
	if svc.Status == "ACTIVE" {
		for _, r := range revisionsOf(b.Tx, svc) {
			if r.N != svc.Primary {
				out.CanRollBackTo = append(out.CanRollBackTo, r.N)
			}
		}
	}
	return out
}

// configuration is the deployment configuration as the API writes it.
func configuration(svc *state.Service) any {
	if c := svc.Body.V.DeploymentConfiguration; c != nil {
		return wire.Stored[ecs.DeploymentConfiguration]{V: *c}
	}
	return nil
}

// exposures says in words how clients reach a service.
func exposures(b *Build, svc *state.Service) []string {
	out := []string{}
	for _, lb := range svc.Body.V.LoadBalancers {
		group := aws.ToString(lb.TargetGroupArn)
		words := "target group " + groupName(b.Tx, group)
		for _, at := range elb.LoadBalancersOf(b.Tx, group) {
			if x, ok := elb.GetLoadBalancer(b.Tx, at); ok {
				words += " of load balancer " + x.Name
			}
		}
		out = append(out, words)
	}
	if rev, ok := state.Revisions.Get(b.Tx, svc.Key()+"/"+svc.Primary); ok && rev.Connect != nil {
		for _, e := range rev.Connect.Endpoints {
			out = append(out, "Service Connect "+e.DNSName+":"+strconv.Itoa(e.Port))
		}
	}
	for _, r := range svc.Body.V.ServiceRegistries {
		out = append(out, "Cloud Map service "+arn.Name(aws.ToString(r.RegistryArn)))
	}
	return out
}

// revisionItem is one revision; n may be nil.
func (b *Build) revisionItem(svc *state.Service, r *state.Revision, n *counts) *RevisionItem {
	if n == nil {
		n = &counts{}
	}
	out := &RevisionItem{
		N: r.N, Created: At(r.Created), Rollout: r.Rollout, Primary: r.N == svc.Primary, Live: r.N == svc.Live,
		Running: n.running, Healthy: n.healthy, Rate: b.rate(servedBy(svc, r.N)),
	}
	out.TaskDefinition, out.Images = revisionOf(r)
	return out
}

// serviceEvent is an event of a service.
func serviceEvent(e *state.ServiceEvent) *EventItem {
	return &EventItem{At: At(e.Created), Message: e.Message, Kind: "service", Tone: tone(e.Message)}
}

// tone judges a service event by its words.
func tone(message string) string {
	for _, x := range []struct{ words, tone string }{
		{"deployment failed", "bad"},
		{"halted", "bad"},
		{"unable", "warn"},
		{"unhealthy", "warn"},
		{"rolling back", "warn"},
		{"rejected", "bad"},
		{"aborted", "bad"},
		{"was stopped", "warn"},
		{"steady state", "good"},
		{"deployment completed", "good"},
		{"approved", "good"},
	} {
		if strings.Contains(message, x.words) {
			return x.tone
		}
	}
	return "info"
}

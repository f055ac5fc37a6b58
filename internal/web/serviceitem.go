package web

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// counts are the tasks of a service, or of one revision of it.
type counts struct{ running, pending, healthy, stopping int }

func (c *counts) add(t *state.Task) {
	switch {
	case t.LastStatus == "STOPPED":
	case t.DesiredStatus == "STOPPED":
		c.stopping++
	case t.LastStatus == "RUNNING":
		c.running++
		if t.Healthy && t.Unhealthy == "" {
			c.healthy++
		}
	default:
		c.pending++
	}
}

// countsOf counts by revision; "" is all of them.
func countsOf(tasks []*state.Task) map[string]*counts {
	out := map[string]*counts{"": {}}
	for _, t := range tasks {
		if out[t.Revision] == nil {
			out[t.Revision] = &counts{}
		}
		out[t.Revision].add(t)
		out[""].add(t)
	}
	return out
}

// serviceItem sums up a service.
func serviceItem(b *Build, svc *state.Service) *ServiceItem {
	n := countsOf(state.TasksOf(b.Tx, svc))[""]
	out := &ServiceItem{
		Cluster: svc.Cluster, Name: svc.Name, ARN: svc.ARN(), Status: svc.Status, Created: At(svc.Created),
		Strategy: strategyOf(svc), Revision: svc.Primary, TaskDefinition: arn.Name(aws.ToString(svc.Body.V.TaskDefinition)),
		Images: []Image{}, Desired: svc.Desired, Running: n.running, Pending: n.pending, Healthy: n.healthy,
		Rate: b.rate(elb.Served{Scope: svc.Scope, Cluster: svc.Cluster, Service: svc.Name}),
	}
	if rev, ok := state.Revisions.Get(b.Tx, svc.Key()+"/"+svc.Primary); ok {
		out.TaskDefinition, out.Images = revisionOf(rev)
	}
	last := svc.Last
	if d, ok := state.Deployments.Get(b.Tx, svc.Key()+"/"+svc.Deployment); ok && svc.Deployment != "" {
		out.Deployment = b.deploymentItem(svc, d)
		out.Shares = sharesOf(d.Machine.Traffic.Production)
		out.Approvals = len(approval.Of(b.Tx, d))
		if last == svc.Deployment {
			last = newestEnded(b.Tx, svc)
		}
	}
	if d, ok := state.Deployments.Get(b.Tx, svc.Key()+"/"+last); ok && last != "" && d.Machine.Status.Terminal() {
		out.Last = b.deploymentItem(svc, d)
	}
	if out.Shares == nil && out.Strategy != string(deploy.Rolling) && svc.Live != "" {
		out.Shares = []Share{{svc.Live, 100}}
	}
	out.Alarms = firing(b.Tx, svc)
	out.Health, out.Why = serviceHealth(svc, n, out.Alarms)
	return out
}

// newestEnded is the deployment that ended last.
func newestEnded(tx *store.Tx, svc *state.Service) (id string) {
	var newest *state.Deployment
	for _, d := range state.Deployments.Prefix(tx, svc.Key()+"/") {
		if d.Machine.Status.Terminal() && (newest == nil || d.Created.After(newest.Created)) {
			newest, id = d, d.ID
		}
	}
	return id
}

// strategyOf is the strategy of the next deployment.
func strategyOf(svc *state.Service) string {
	if c := svc.Body.V.DeploymentConfiguration; c != nil && c.Strategy != "" {
		return string(c.Strategy)
	}
	return string(deploy.Rolling)
}

// revisionOf is what a revision runs.
func revisionOf(rev *state.Revision) (taskDefinition string, images []Image) {
	body := &rev.Body.V
	images = make([]Image, 0, len(body.ContainerImages))
	for _, c := range body.ContainerImages {
		images = append(images, Image{aws.ToString(c.ContainerName), aws.ToString(c.Image), aws.ToString(c.ImageDigest)})
	}
	return arn.Name(aws.ToString(body.TaskDefinition)), images
}

func sharesOf(list []deploy.Share) (out []Share) {
	for _, s := range list {
		out = append(out, Share{string(s.Rev), s.Percent()})
	}
	return out
}

// alarmNames are the alarms of a deployment configuration that counts them.
func alarmNames(c *ecs.DeploymentConfiguration) []string {
	if c == nil || c.Alarms == nil || !c.Alarms.Enable {
		return nil
	}
	return c.Alarms.AlarmNames
}

// firing are the alarms of a service that are in ALARM.
func firing(tx *store.Tx, svc *state.Service) (out []string) {
	for _, name := range alarmNames(svc.Body.V.DeploymentConfiguration) {
		if st, ok := watch.State(tx, svc.Scope, name); ok && st == "ALARM" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// serviceHealth judges a service in one word and a sentence.
func serviceHealth(svc *state.Service, n *counts, alarms []string) (health, why string) {
	missing := svc.Desired - n.healthy
	switch {
	case svc.Status == "INACTIVE":
		return "gone", "It was deleted."
	case svc.Status == "DRAINING":
		return "starting", "It is being deleted: " + tasks(n.running+n.pending+n.stopping) + " left."
	case len(alarms) > 0:
		return "failing", "In ALARM: " + list(alarms) + "."
	case svc.Desired == 0 && n.running+n.pending == 0:
		return "idle", "No task is desired."
	case missing > 0 && svc.HoldRev != "" && n.pending == 0:
		return "failing", "Its tasks exit soon after they start; starts are delayed. " + svc.LastBlocked
	case missing > 0 && svc.LastBlocked != "":
		return "failing", svc.LastBlocked
	case missing > 0 && n.pending+n.running > n.healthy:
		return "starting", strconv.Itoa(n.healthy) + " of " + tasks(svc.Desired) + " healthy."
	case missing > 0:
		return "failing", tasks(missing) + " missing."
	}
	return "ok", ""
}

package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/schedule"
	"github.com/grue-ecs/grue/internal/state"
)

// schedule starts and stops tasks as the goals and the bounds allow.
func (r *round) schedule() {
	in := r.scheduleInput()
	plan := schedule.Next(in)
	r.shown = map[string]int{}
	for _, g := range plan.Targets {
		r.shown[g.Rev] = g.Want
	}
	r.stop(plan.Stop)
	r.launch(plan.Launch)
	r.blocked(plan.Blocked)
}

func (r *round) scheduleInput() schedule.Input {
	r.followDesired()
	in := schedule.Input{
		Now: r.now, Desired: r.svc.Desired, Primary: r.svc.Primary, Daemon: r.svc.Daemon,
		MinPercent: 100, MaxPercent: 200, Deploying: len(r.svc.Running) > 0,
		AZs: r.zones(), Frozen: map[string]bool{},
	}
	if c := r.svc.Body.V.DeploymentConfiguration; c != nil {
		in.MinPercent, in.MaxPercent = int(or(c.MinimumHealthyPercent, 100)), int(or(c.MaximumPercent, 200))
	}
	if d, ok := state.Deployments.Get(r.tx, r.svc.Key()+"/"+r.newest()); ok {
		in.MinPercent, in.MaxPercent = d.Machine.Bounds(in.MinPercent, in.MaxPercent)
	}
	if r.svc.Status != serviceActive {
		in.Desired, in.MinPercent = 0, 0
	}
	for _, g := range r.svc.Goals {
		w := g.Want
		if r.svc.Status != serviceActive {
			w = 0
		}
		in.Goals = append(in.Goals, schedule.Goal{Rev: string(g.Rev), Want: w, Peak: g.Peak})
		if g.Frozen {
			in.Frozen[string(g.Rev)] = true
		}
	}
	if r.svc.Throttle.Holds(r.now) {
		in.Frozen[r.svc.Primary] = true
		r.wakeAt(r.svc.Throttle.Until())
	}
	if r.now.Before(r.svc.HoldUntil) {
		in.Frozen[r.svc.HoldRev] = true
		r.wakeAt(r.svc.HoldUntil)
	}
	for _, t := range r.tasks {
		if t.LastStatus != Stopped {
			in.Tasks = append(in.Tasks, r.scheduleTask(t))
		}
	}
	return in
}

// followDesired keeps the goals at what the newest deployment's end means, while
// none runs.
func (r *round) followDesired() {
	if len(r.svc.Running) > 0 {
		return
	}
	if d, ok := state.Deployments.Get(r.tx, r.svc.Key()+"/"+r.svc.Last); ok && d.Machine.Status.Terminal() {
		r.svc.Goals = deploy.Standing(&d.Machine, r.svc.Desired)
	}
}

// newest is the deployment whose word counts: the current one, or the last.
func (r *round) newest() string {
	if r.svc.Deployment != "" {
		return r.svc.Deployment
	}
	return r.svc.Last
}

func (r *round) scheduleTask(t *state.Task) schedule.Task {
	phase := schedule.Pending
	switch {
	case t.DesiredStatus == Stopped:
		phase = schedule.Stopping
	case t.LastStatus == Running:
		phase = schedule.Running
	}
	protected := r.svc.Status == serviceActive && t.Protected(r.now)
	if protected {
		r.wakeAt(t.ProtectedUntil)
	}
	return schedule.Task{
		ID: t.ID, Rev: t.Revision, AZ: t.AZ, Phase: phase, Healthy: t.Healthy,
		Unhealthy: t.Unhealthy != "", UnhealthyWhy: t.Unhealthy, Protected: protected,
		Created: t.Created, Started: t.Started,
	}
}

// launch creates the tasks of a plan.
func (r *round) launch(list []schedule.Launch) {
	var started []string
	for _, l := range list {
		rev, ok := state.Revisions.Get(r.tx, r.svc.Key()+"/"+l.Rev)
		if !ok {
			continue
		}
		td, ok := state.DefinitionByARN(r.tx, aws.ToString(rev.Body.V.TaskDefinition))
		if !ok {
			r.blockedEvent("was unable to place a task. Reason: the task definition no longer exists.")
			continue
		}
		if !r.place(td) {
			continue
		}
		t := state.NewTask(r.scope(), r.svc.Cluster, td, r.taskOptions(rev, td, l.AZ), r.now)
		t.Registry = registryOf(rev)
		state.PutTask(r.tx, t)
		if rev.Connect != nil {
			connect.Expect(r.tx, t)
		}
		r.tasks = append(r.tasks, t)
		r.list(l.Rev)
		r.taskEvent(t)
		started = append(started, t.ID)
	}
	if n := len(started); n > 0 {
		msg := fmt.Sprintf("has started %d tasks: %s.", n, taskList(started))
		if r.replacing > 0 {
			msg += fmt.Sprintf(" Amazon ECS replaced %d tasks due to an unhealthy status.", r.replacing)
		}
		r.event(msg)
	}
}

func (r *round) taskOptions(rev *state.Revision, td *state.TaskDefinition, az string) state.TaskOptions {
	b := &rev.Body.V
	o := state.TaskOptions{
		Service: r.svc, Revision: rev, Group: "service:" + r.svc.Name, StartedBy: "ecs-svc/" + rev.N,
		LaunchType: string(b.LaunchType), PlatformVersion: aws.ToString(b.PlatformVersion), AZ: az,
		Network: b.NetworkConfiguration, ExecuteCommand: r.svc.Body.V.EnableExecuteCommand,
	}
	if len(b.CapacityProviderStrategy) > 0 {
		o.CapacityProvider = aws.ToString(b.CapacityProviderStrategy[0].CapacityProvider)
	}
	o.Subnet = r.subnetIn(b.NetworkConfiguration, az)
	o.Tags = r.taskTags(td)
	return o
}

// taskTags are the tags a service task gets: propagated and managed ones.
func (r *round) taskTags(td *state.TaskDefinition) []ecs.Tag {
	var tags []ecs.Tag
	switch r.svc.Body.V.PropagateTags {
	case ecs.PropagateTagsService:
		tags = append(tags, r.svc.Body.V.Tags...)
	case ecs.PropagateTagsTaskDefinition:
		tags = append(tags, td.Tags...)
	}
	if r.svc.Body.V.EnableECSManagedTags {
		tags = append(tags,
			ecs.Tag{Key: aws.String("aws:ecs:clusterName"), Value: aws.String(r.svc.Cluster)},
			ecs.Tag{Key: aws.String("aws:ecs:serviceName"), Value: aws.String(r.svc.Name)})
	}
	return tags
}

// zones are the availability zones in which the service may place tasks.
func (r *round) zones() []string {
	var out []string
	if n := r.svc.Body.V.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil && r.e.opts.Zone != nil {
		for _, s := range n.AwsvpcConfiguration.Subnets {
			if z := r.e.opts.Zone(r.scope(), s); z != "" && !slices.Contains(out, z) {
				out = append(out, z)
			}
		}
	}
	if len(out) == 0 {
		out = Zones(r.svc.Region)
	}
	return out
}

func (r *round) subnetIn(n *ecs.NetworkConfiguration, az string) string {
	if n == nil || n.AwsvpcConfiguration == nil || len(n.AwsvpcConfiguration.Subnets) == 0 {
		return ""
	}
	for _, s := range n.AwsvpcConfiguration.Subnets {
		if r.e.opts.Zone != nil && r.e.opts.Zone(r.scope(), s) == az {
			return s
		}
	}
	return n.AwsvpcConfiguration.Subnets[0]
}

// Zones are the three availability zones that grue shows for a region.
func Zones(region string) []string { return []string{region + "a", region + "b", region + "c"} }

// blocked tells why a deployment cannot move, once per cause.
func (r *round) blocked(b schedule.Blocked) {
	switch {
	case b.Protected > 0:
		r.blockedEvent(fmt.Sprintf("was unable to reach steady state because (taskSet ecs-svc/%s) was unable to scale in due to (reason %d tasks under protection)", r.svc.Primary, b.Protected))
	case b.MinMax:
		r.blockedEvent("was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.")
	case !r.unplaced:
		r.svc.LastBlocked = ""
	}
}

// blockedEvent tells a cause once; it answers whether it did now.
func (r *round) blockedEvent(msg string) bool {
	if r.svc.LastBlocked == msg {
		return false
	}
	r.svc.LastBlocked = msg
	r.event(msg)
	return true
}

func taskList(ids []string) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = "(task " + id + ")"
	}
	return strings.Join(parts, " ")
}

func errUnknownEffect(eff deploy.Effect) error {
	return fmt.Errorf("the engine cannot perform %T", eff)
}

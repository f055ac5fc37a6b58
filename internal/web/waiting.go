package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
)

// ended is when a deployment was over.
func ended(m *deploy.Deployment) time.Time {
	switch {
	case !m.Status.Terminal():
		return time.Time{}
	case !m.FinishedAt.IsZero():
		return m.FinishedAt
	case !m.StoppedAt.IsZero():
		return m.StoppedAt
	}
	return m.UpdatedAt
}

// waiting says in words what a deployment waits for, and when that ends by itself;
// the zero time = nobody knows. The words hold no clock: who shows them counts.
func (b *Build) waiting(svc *state.Service, d *state.Deployment) (words string, until time.Time) {
	m := &d.Machine
	switch {
	case d.Halted != "":
		return "It was halted because of an internal inconsistency. Start a new deployment to replace it.", until
	case m.Status.Terminal():
		return "", until
	case m.Status == deploy.Pending && len(svc.Running) > 1:
		return "The deployment before it must end first.", until
	case m.Status == deploy.Pending, m.Status == deploy.StopRequested:
		return "It goes on at once.", until
	case m.Status == deploy.RollbackRequested:
		return "It rolls back at once.", until
	}
	if words, until = hookWaits(m); words != "" {
		return words, until
	}
	switch m.Stage {
	case deploy.ScaleUp, deploy.PostScaleUp:
		return b.scaling(svc, d)
	case deploy.TestShift, deploy.ProductionShift, deploy.ReconcileService:
		return b.shifting(svc, d)
	case deploy.BakeTime:
		return baking(m, "The bake time of "+bakeLength(m)+": alarms are watched, and blue keeps all its tasks.")
	case deploy.CleanUp:
		return b.cleaning(svc, d), until
	}
	return "It goes on at once.", until
}

// hookWaits tells about the hook that a stage waits for.
func hookWaits(m *deploy.Deployment) (words string, until time.Time) {
	var running []string
	for i := range m.Hooks {
		h := &m.Hooks[i]
		if !h.Open() {
			continue
		}
		c := &m.Config.Hooks[h.Config]
		if h.Type == deploy.Pause {
			after := "it rolls back by itself."
			if c.Action == deploy.ActionContinue {
				after = "it goes on by itself."
			}
			return "A person must decide: continue, or roll back. When the time is over, " + after, h.ExpiresAt
		}
		name := hookName(c.Target)
		if !h.NextCall.IsZero() && h.Call > 0 {
			return "The hook " + name + " has no verdict yet, and is asked again (" + calls(h.Call) + " so far).", h.NextCall
		}
		running, until = append(running, name), h.ExpiresAt
	}
	switch len(running) {
	case 0:
		return "", time.Time{}
	case 1:
		return "The hook " + running[0] + " runs.", until
	}
	return "The hooks " + list(running) + " run.", until
}

func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return strconv.Itoa(n) + " calls"
}

// hookName is the name of a function.
func hookName(target string) string {
	if a, ok := arn.Parse(target); ok {
		return strings.TrimPrefix(a.Resource, "function:")
	}
	return target
}

// scaling tells which tasks are not ready.
func (b *Build) scaling(svc *state.Service, d *state.Deployment) (string, time.Time) {
	m := &d.Machine
	want, rev := m.Target, "the new revision"
	if m.Status == deploy.RollbackInProgress {
		want, rev = m.RollbackTo, "the former revision"
	}
	all := state.TasksOf(b.Tx, svc)
	c := countsOf(all)
	n := c[string(want)]
	if n == nil {
		n = &counts{}
	}
	if m.Stage == deploy.PostScaleUp {
		return "The tasks are ready; the load balancer is given time to see them.", time.Time{}
	}
	words := strconv.Itoa(n.healthy) + " of " + tasks(m.Desired) + " of " + rev + " are healthy"
	if others := c[""].running + c[""].pending + c[""].stopping - n.running - n.pending - n.stopping; m.Strategy == deploy.Rolling && others > 0 {
		words += ", " + tasks(others) + " of other revisions are left"
	}
	return strings.TrimSpace(words + ". " + b.obstacles(svc, all, string(want))), time.Time{}
}

// obstacles says why tasks of a revision are not healthy yet: each reason once.
func (b *Build) obstacles(svc *state.Service, all []*state.Task, revision string) string {
	var reasons []string
	for _, t := range all {
		if t.Revision != revision || t.LastStatus == "STOPPED" || t.Healthy && t.Unhealthy == "" {
			continue
		}
		if why := b.taskWhy(t); why != "" && !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
	}
	if svc.LastBlocked != "" {
		reasons = append(reasons, svc.LastBlocked)
	}
	if last := lastStopped(all, revision); last != nil {
		reasons = append(reasons, "The last one that ended: "+stopWords(last))
	}
	return strings.Join(reasons[:min(len(reasons), 3)], " ")
}

// lastStopped is the task of a revision that stopped last against our will.
func lastStopped(all []*state.Task, revision string) (last *state.Task) {
	for _, t := range all {
		failed := t.StopCode == "EssentialContainerExited" || t.StopCode == "TaskFailedToStart" || t.Unhealthy != ""
		if t.Revision == revision && t.LastStatus == "STOPPED" && failed && (last == nil || t.Stopped.After(last.Stopped)) {
			last = t
		}
	}
	return last
}

// taskWhy says what keeps a task from being healthy, with what load balancers say.
func (b *Build) taskWhy(t *state.Task) string {
	if t.LastStatus == "RUNNING" && t.DesiredStatus == "RUNNING" && !t.Healthy && b.opts.Balancer != nil {
		for i := range t.Targets {
			x := &t.Targets[i]
			if x.State == "refused" {
				continue
			}
			if h := b.opts.Balancer.Health(x.Group, x.ID, x.Port); h.State != elb.Healthy {
				return "In target group " + groupName(b.Tx, x.Group) + ": " + healthWords(&h)
			}
		}
	}
	return taskWhy(t)
}

// shifting tells what a change of weights waits for.
func (b *Build) shifting(svc *state.Service, d *state.Deployment) (string, time.Time) {
	m := &d.Machine
	t := &m.Traffic
	switch {
	case t.Acked < t.Version && b.opts.ProxyConnected != nil && !b.opts.ProxyConnected():
		return "The proxy is away; it must serve the new weights first.", time.Time{}
	case t.Acked < t.Version:
		return "The proxy must serve the new weights first.", time.Time{}
	case !m.Bake.Ends.IsZero():
		share := percent(shareOf(t.Production, m.Target))
		return baking(m, "Green has "+share+" of the traffic ("+stepWord(m)+"); the step bakes for "+bakeLength(m)+".")
	}
	if settles := t.SettledAt.Add(minutes(m, m.Config.ShiftWait)); m.Config.ShiftWait > 0 && b.Now.Before(settles) {
		return "The load balancer is given " + span(m.Config.ShiftWait) + " to follow the new weights.", settles
	}
	if m.Stage == deploy.ReconcileService {
		return "What an interrupted deployment left is put in order.", time.Time{}
	}
	words, _ := b.scaling(svc, d)
	return "Traffic moves as soon as all tasks are healthy: " + words, time.Time{}
}

// minutes is a duration of AWS's in a deployment's own minutes.
func minutes(m *deploy.Deployment, d time.Duration) time.Duration {
	if m.Config.Minute == 0 {
		return d
	}
	return time.Duration(float64(d) * float64(m.Config.Minute) / float64(time.Minute))
}

// bakeLength is the bake time of the present stage, in AWS's minutes.
func bakeLength(m *deploy.Deployment) string {
	c := &m.Config
	n := c.BakeMinutes
	switch {
	case m.Stage == deploy.ProductionShift && m.Strategy == deploy.Canary:
		n = c.CanaryBakeMinutes
	case m.Stage == deploy.ProductionShift:
		n = c.LinearBakeMinutes
	case n == 0:
		return span(c.Alarms.Bake)
	}
	return span(time.Duration(n) * time.Minute)
}

func baking(m *deploy.Deployment, words string) (string, time.Time) {
	if m.Bake.Ends.IsZero() {
		return "The bake time begins at once.", time.Time{}
	}
	return words, m.Bake.Ends
}

// cleaning tells which tasks are still to go, or to come.
func (b *Build) cleaning(svc *state.Service, d *state.Deployment) string {
	m := &d.Machine
	stays, leaves := m.Target, "blue"
	if m.Status == deploy.RollbackInProgress {
		stays, leaves = m.RollbackTo, "green"
	}
	c := countsOf(state.TasksOf(b.Tx, svc))
	n := c[string(stays)]
	if n == nil {
		n = &counts{}
	}
	left := c[""].running + c[""].pending + c[""].stopping - n.running - n.pending - n.stopping
	switch {
	case left > 0:
		return "The tasks of " + leaves + " drain and stop: " + tasks(left) + " left."
	case n.healthy < m.Desired:
		return strconv.Itoa(n.healthy) + " of " + tasks(m.Desired) + " healthy."
	}
	return "It ends at once."
}

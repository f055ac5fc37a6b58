package scrape

import (
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

var (
	inProgress = desc("grue_deployments_in_progress", "Service deployments that are not over, by strategy.", "strategy")
	inStage    = desc("grue_deployments_in_stage", "Service deployments in progress, by strategy and lifecycle stage.", "strategy", "stage")
	stageAge   = desc("grue_deployment_stage_age_seconds",
		"Time that the deployment of a service has been in its lifecycle stage, in seconds.", "account", "region", "cluster", "service", "stage")
	halted    = desc("grue_deployments_halted", "Service deployments that were halted because an invariant broke: report them.")
	approvals = desc("grue_approvals_pending", "PAUSE hooks that wait for a person.", "account", "region", "cluster", "service")
	weight    = desc("grue_service_traffic_weight_ratio",
		"Share of a service's traffic that a revision has by its weights, 0 to 1; route is production or test.",
		"account", "region", "cluster", "service", "revision", "route")
	desired = desc("grue_service_desired_tasks", "Tasks that a service shall have.", "account", "region", "cluster", "service")
	tasks   = desc("grue_tasks", "Tasks that are not STOPPED, by last status; an empty service is tasks that no service started.", "account", "region", "cluster", "service", "phase")
	alarms  = desc("grue_alarms", "CloudWatch alarms, by state.", "state")
)

// strategies and the states of alarms are told also when there are none.
var (
	strategies  = []deploy.Strategy{deploy.Rolling, deploy.BlueGreen, deploy.Canary, deploy.Linear}
	alarmStates = []string{"OK", "ALARM", "INSUFFICIENT_DATA"}
)

// records reads services, deployments, tasks and alarms. It answers which revisions
// services show.
func (r *reader) records(tx *store.Tx, o out) map[revisionKey]bool {
	live := map[revisionKey]bool{}
	now := time.Now()
	count, stages, stopped := map[deploy.Strategy]int{}, map[[2]string]int{}, 0
	for key, s := range state.Services.All(tx) {
		if s.Status == "INACTIVE" {
			continue
		}
		labels := []string{s.Account, s.Region, s.Cluster, s.Name}
		o.gauge(desired, float64(s.Desired), labels...)
		live[revisionKey{key, ""}] = true
		for _, n := range append([]string{s.Primary, s.Live}, s.Listed...) {
			live[revisionKey{key, n}] = true
		}
		var now0 *deploy.Deployment
		for _, id := range s.Running {
			d, ok := state.Deployments.Get(tx, key+"/"+id)
			if !ok || d.Machine.Status.Terminal() {
				continue
			}
			if d.Halted != "" {
				stopped++
			}
			count[d.Machine.Strategy]++
			stages[[2]string{string(d.Machine.Strategy), string(d.Machine.Stage)}]++
			now0 = &d.Machine
		}
		o.deployment(now0, now, labels)
		o.weights(s, now0, labels)
	}
	for _, s := range strategies {
		o.gauge(inProgress, float64(count[s]), string(s))
	}
	for at, n := range stages {
		o.gauge(inStage, float64(n), at[0], at[1])
	}
	o.gauge(halted, float64(stopped))
	o.tasks(tx)
	o.alarms(tx)
	return live
}

// deployment tells about the deployment of a service, if it has one.
func (o out) deployment(d *deploy.Deployment, now time.Time, service []string) {
	if d == nil {
		return
	}
	if !d.StageEntered.IsZero() {
		o.gauge(stageAge, max(now.Sub(d.StageEntered).Seconds(), 0), with(service, string(d.Stage))...)
	}
	waiting := 0
	for i := range d.Hooks {
		if d.Hooks[i].Type == deploy.Pause && d.Hooks[i].Open() {
			waiting++
		}
	}
	o.gauge(approvals, float64(waiting), service...)
}

// weights tells the shares of a service's revisions: those of its deployment, and
// without one all for the revision that is live.
func (o out) weights(s *state.Service, d *deploy.Deployment, service []string) {
	if d == nil || len(d.Traffic.Production) == 0 {
		if s.Live != "" && d == nil {
			o.gauge(weight, 1, with(service, s.Live, "production")...)
		}
		return
	}
	for route, shares := range map[string][]deploy.Share{"production": d.Traffic.Production, "test": d.Traffic.Test} {
		for _, x := range shares {
			o.gauge(weight, x.Percent()/100, with(service, string(x.Rev), route)...)
		}
	}
}

func with(labels []string, more ...string) []string {
	return append(append(make([]string, 0, len(labels)+len(more)), labels...), more...)
}

func (o out) tasks(tx *store.Tx) {
	type key struct{ account, region, cluster, service, phase string }
	n := map[key]int{}
	for _, t := range state.Tasks.All(tx) {
		if t.LastStatus == "STOPPED" { // shown for an hour yet, and counted by grue_task_stops_total
			continue
		}
		n[key{t.Account, t.Region, t.Cluster, t.Service, t.LastStatus}]++
	}
	for k, v := range n {
		o.gauge(tasks, float64(v), k.account, k.region, k.cluster, k.service, k.phase)
	}
}

func (o out) alarms(tx *store.Tx) {
	n := map[string]int{}
	for _, a := range watch.Alarms.All(tx) {
		n[a.State]++
	}
	for _, s := range alarmStates {
		o.gauge(alarms, float64(n[s]), s)
	}
}

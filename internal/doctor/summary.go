package doctor

import (
	"path/filepath"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// summary is the state without texts, bodies and secrets: each member is copied by
// name from a record.
type summary struct {
	Schema      uint64              `json:"schema"`
	Epoch       uint64              `json:"epoch"`
	LastEvent   uint64              `json:"lastEvent"`
	Records     map[string]int      `json:"records"` // by kind
	Unreadable  int                 `json:"unreadable,omitempty"`
	Services    []serviceSummary    `json:"services"`
	Deployments []deploymentSummary `json:"deployments"`
	Tasks       []taskSummary       `json:"tasks"`
	Balancers   []balancerSummary   `json:"loadBalancers"`
	Groups      []groupSummary      `json:"targetGroups"`
	Alarms      map[string]int      `json:"alarms"` // by state
}

type serviceSummary struct {
	Account, Region, Cluster, Name, Status string
	Desired                                int
	Primary, Live, Deployment              string
	Listed, Running                        []string
	Steady                                 bool
}

type deploymentSummary struct {
	ARN, Strategy, Status, Stage      string
	Step                              int
	StageEntered, Created             time.Time
	Started, Finished, Updated, Wakes time.Time
	Target, RollbackTo                deploy.Rev
	Goals                             []deploy.Goal
	Counts                            []deploy.Counts
	Production, Test                  []deploy.Share
	Version, Acked                    int
	Breaker, Alarms                   deploy.WatchStatus
	Failures                          int
	Cause                             deploy.FailureKind `json:",omitempty"`
	RollbackFrom                      deploy.Stage       `json:",omitempty"`
	Hooks                             []hookSummary      `json:",omitempty"`
	Halted                            bool               `json:",omitempty"`
}

type hookSummary struct {
	Type   deploy.HookType
	Stage  deploy.Stage
	Status deploy.HookStatus
	Call   int
}

type taskSummary struct {
	ARN, Service, Revision         string
	LastStatus, DesiredStatus      string
	StopCode, Reason, Health       string `json:",omitempty"`
	Created, Started, Stopped      time.Time
	Containers                     []containerSummary
	NetworkMode, LaunchType        string
	CPU, Memory                    string
	Healthy, Unhealthy, Registered bool
}

type containerSummary struct {
	Status, Health string
	ExitCode       *int `json:",omitempty"`
	Restarts       int
}

type balancerSummary struct {
	Name, Type, Scheme string
	Listeners          []listenerSummary
}

type listenerSummary struct {
	Protocol string
	Port     int
	Rules    int
}

type groupSummary struct {
	Name, Protocol, Version string
	Targets                 int
	Draining                int
}

// maxOf bounds how many records of one kind are told.
const maxOf = 2000

// state adds what the records and events tell.
func (b *bundle) state() {
	path := filepath.Join(b.o.Data, "state.db")
	s, err := store.Peek(path)
	if err != nil {
		b.lacks("state.json", err)
		b.lacks("events.json", err)
		return
	}
	defer s.Close()
	var sum summary
	s.View(func(tx *store.Tx) { sum = summarise(tx) })
	sum.Schema, sum.Epoch, sum.LastEvent = s.Schema, s.Epoch, s.LastEvent
	sum.Records, sum.Unreadable = s.Records()
	b.json("state.json", &sum)
	events, err := eventsOf(s)
	if err != nil {
		b.lacks("events.json", err)
	}
	b.json("events.json", events)
}

func summarise(tx *store.Tx) (s summary) {
	for _, x := range state.Services.All(tx) {
		if len(s.Services) < maxOf {
			s.Services = append(s.Services, serviceSummary{
				x.Account, x.Region, x.Cluster, x.Name, x.Status, x.Desired, x.Primary, x.Live, x.Deployment, x.Listed, x.Running, x.Steady,
			})
		}
	}
	for _, d := range state.Deployments.All(tx) {
		if len(s.Deployments) < maxOf {
			s.Deployments = append(s.Deployments, ofDeployment(d))
		}
	}
	for _, t := range state.Tasks.All(tx) {
		if len(s.Tasks) < maxOf {
			s.Tasks = append(s.Tasks, ofTask(t))
		}
	}
	s.Alarms = map[string]int{}
	for _, a := range watch.Alarms.All(tx) {
		s.Alarms[a.State]++
	}
	balancers(tx, &s)
	return s
}

func ofDeployment(d *state.Deployment) deploymentSummary {
	m := &d.Machine
	out := deploymentSummary{
		ARN: d.ARN(), Strategy: string(m.Strategy), Status: string(m.Status), Stage: string(m.Stage), Step: m.Step,
		StageEntered: m.StageEntered, Created: m.CreatedAt, Started: m.StartedAt, Finished: m.FinishedAt, Updated: m.UpdatedAt, Wakes: m.WakeAt,
		Target: m.Target, RollbackTo: m.RollbackTo, Goals: m.Goals, Counts: m.Counts, Production: m.Traffic.Production, Test: m.Traffic.Test,
		Version: m.Traffic.Version, Acked: m.Traffic.Acked, Breaker: m.Breaker.Status, Alarms: m.Alarms.Status, Failures: m.Breaker.Failures, Halted: d.Halted != "",
	}
	if m.Failure != nil {
		out.Cause = m.Failure.Kind
	}
	if m.Rollback != nil {
		out.RollbackFrom = m.Rollback.From
	}
	for _, h := range m.Hooks {
		out.Hooks = append(out.Hooks, hookSummary{h.Type, h.Stage, h.Status, h.Call})
	}
	return out
}

func ofTask(t *state.Task) taskSummary {
	out := taskSummary{
		ARN: t.ARN(), Service: t.Service, Revision: t.Revision, LastStatus: t.LastStatus, DesiredStatus: t.DesiredStatus, StopCode: t.StopCode,
		Reason: reasonCode(t.StoppedReason), Health: t.Health, Created: t.Created, Started: t.Started, Stopped: t.Stopped,
		NetworkMode: t.NetworkMode, LaunchType: t.LaunchType, CPU: t.CPU, Memory: t.Memory,
		Healthy: t.Healthy, Unhealthy: t.Unhealthy != "", Registered: len(t.Targets) > 0,
	}
	for _, c := range t.Containers {
		out.Containers = append(out.Containers, containerSummary{c.Status, c.Health, c.ExitCode, c.Restarts})
	}
	return out
}

func balancers(tx *store.Tx, s *summary) {
	scopes := map[arn.Scope]bool{}
	for _, c := range state.Clusters.All(tx) {
		scopes[c.Scope] = true
	}
	for scope := range scopes {
		for lb := range elb.LoadBalancers(tx, scope) {
			x := balancerSummary{Name: elb.LoadBalancerDimension(lb.ARN), Type: string(elb.Kind(lb.ARN)), Scheme: lb.Scheme}
			for l := range elb.Listeners(tx, lb.ARN) {
				n := 0
				for range elb.Rules(tx, l.ARN) {
					n++
				}
				x.Listeners = append(x.Listeners, listenerSummary{l.Protocol, l.Port, n})
			}
			s.Balancers = append(s.Balancers, x)
		}
		for g := range elb.Groups(tx, scope) {
			x := groupSummary{Name: g.Dimension(), Protocol: g.Protocol, Version: g.ProtocolVersion}
			for r := range elb.Registered(tx, g.ARN) {
				x.Targets++
				if r.Draining {
					x.Draining++
				}
			}
			s.Groups = append(s.Groups, x)
		}
	}
}

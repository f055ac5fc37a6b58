package engine

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// rank orders task statuses: a task never goes back.
var rank = map[string]int{
	Provisioning: 1, PendingStatus: 2, Activating: 3, Running: 4, Deactivating: 5, StoppingStatus: 6, Deprovisioning: 7, Stopped: 8,
}

// watchDriver takes in what the driver tells until ctx ends.
func (e *Engine) watchDriver(ctx context.Context) {
	for st := range e.driver.Watch(ctx) {
		e.noteStatus(st)
	}
}

// noteStatus keeps the newest status of a task and queues the task.
func (e *Engine) noteStatus(st runtime.Status) {
	if e.opts.Foreign(st.ID) {
		return
	}
	e.mu.Lock()
	if old, ok := e.statuses[st.ID]; ok && old.Seq > st.Seq {
		e.mu.Unlock()
		return
	}
	e.statuses[st.ID] = st
	key := e.keys[st.ID]
	e.mu.Unlock()
	if key != "" {
		e.tasks.add(key)
		return
	}
	// A task without a record: its record was deleted, or never became durable.
	if st.Phase != runtime.PhaseStopped {
		e.log.Warn("stopping a task that has no record", "task", st.ID)
		_ = e.driver.Stop(context.Background(), st.ID) // told again at the next status
		return
	}
	_ = e.driver.Remove(context.Background(), st.ID)
}

func (e *Engine) status(id string) (runtime.Status, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	st, ok := e.statuses[id]
	return st, ok
}

// endLost ends the tasks that the driver should hold and does not: they were
// lost with their machine. It runs once, after the driver told all it holds.
func (e *Engine) endLost() {
	e.mu.Lock()
	held := make(map[string]bool, len(e.statuses))
	for id := range e.statuses {
		held[id] = true
	}
	e.mu.Unlock()
	var lost []string
	e.store.View(func(tx *store.Tx) {
		for key, t := range state.Tasks.All(tx) {
			if r := rank[t.LastStatus]; !held[t.ID] && r > rank[PendingStatus] && r < rank[Stopped] {
				lost = append(lost, key)
			}
		}
	})
	for _, key := range lost {
		err := e.update(key, func(tx *store.Tx, t *state.Task) error {
			if t.DesiredStatus != Stopped {
				t.DesiredStatus = Stopped
				t.StopCode = string(ecs.TaskStopCodeTerminationNotice)
				t.StoppedReason = "The container runtime no longer holds the task: the machine or its runtime was restarted."
			}
			if err := deregister(tx, t, time.Now()); err != nil {
				return err
			}
			end(t, time.Now())
			return nil
		})
		if err != nil {
			e.log.Error("lost task not ended", "task", key, "err", err)
		}
	}
}

// applyStatus merges what the driver tells into the record and returns the
// record as it then is; nil when there is none.
func (e *Engine) applyStatus(key string, st runtime.Status) *state.Task {
	faultStatus.Hit()
	var out *state.Task
	err := e.store.Update(func(tx *store.Tx) error {
		t, ok := state.Tasks.Get(tx, key)
		if out = t; !ok || t.LastStatus == Stopped {
			return nil
		}
		next := *t
		if e.isClosing() && st.Phase == runtime.PhaseStopped && next.DesiredStatus != Stopped {
			next.DesiredStatus = Stopped
			next.StopCode, next.StoppedReason = string(ecs.TaskStopCodeTerminationNotice), "grue was stopped; the service starts a replacement when it runs again."
		}
		mergeStatus(&next, st)
		if next.LastStatus == Running && t.LastStatus != Running {
			faultRegister.Hit()
			if err := e.register(tx, &next); err != nil {
				return err
			}
			faultRegistered.Hit()
		}
		if next.LastStatus == Deprovisioning && (hasRegistered(&next) || provides(&next) || enrolled(&next)) {
			if err := deregister(tx, &next, time.Now()); err != nil {
				return err
			}
		}
		saveTask(tx, t, &next)
		out = &next
		return nil
	})
	if err != nil {
		e.log.Error("status of a task not recorded", "task", st.ID, "err", err)
		e.tasks.addAt(key, time.Now().Add(time.Second))
		return nil
	}
	faultStatusNoted.Hit()
	if out != nil {
		e.publishPorts(out)
		e.followLogs(out)
	}
	return out
}

// mergeStatus copies times, addresses and containers, and moves the task on.
func mergeStatus(t *state.Task, st runtime.Status) {
	if st.IP != "" {
		t.IP, t.MAC, t.Gateway, t.CIDR = st.IP, st.MAC, st.Gateway, st.Subnet
		if t.ENI != "" && t.ENIStatus != "DELETED" {
			t.ENIStatus = "ATTACHED"
		}
	}
	t.PullStarted, t.PullStopped = st.PullStarted, st.PullStopped
	t.Started, t.ExecutionStopped = st.Started, st.ExecutionStopped
	if t.Stopping.IsZero() {
		t.Stopping = st.Stopping
	}
	mergeContainers(t, st)
	if to := statusFor(st, t); rank[to] > rank[t.LastStatus] {
		t.LastStatus = to
	}
	if st.Fail != nil && t.DesiredStatus != Stopped {
		t.DesiredStatus = Stopped
		t.StopCode, t.StoppedReason = st.Fail.Code, st.Fail.Reason
	}
	if st.Phase == runtime.PhaseStopped && t.DesiredStatus != Stopped {
		t.DesiredStatus = Stopped
		t.StopCode, t.StoppedReason = string(ecs.TaskStopCodeEssentialContainerExited), "Essential container in task exited"
	}
}

// statusFor translates a driver's phase to ECS's status.
func statusFor(st runtime.Status, t *state.Task) string {
	switch st.Phase {
	case runtime.PhasePreparing:
		if st.IP == "" && t.ENI != "" {
			return Provisioning
		}
		return PendingStatus
	case runtime.PhaseStarting:
		return Activating
	case runtime.PhaseRunning:
		return Running
	case runtime.PhaseStopping:
		if hasRegistered(t) || provides(t) || enrolled(t) || t.DesiredStatus == Stopped && drainEnd(t).After(time.Now()) {
			return Deactivating
		}
		return StoppingStatus
	case runtime.PhaseStopped:
		return Deprovisioning
	}
	return t.LastStatus
}

func mergeContainers(t *state.Task, st runtime.Status) {
	t.Containers = slices.Clone(t.Containers)
	for _, c := range st.Containers {
		i := slices.IndexFunc(t.Containers, func(x state.Container) bool { return x.Name == c.Name })
		if i < 0 {
			continue
		}
		x := &t.Containers[i]
		x.Status, x.ExitCode, x.Reason = c.Status, c.ExitCode, c.Reason
		x.RuntimeID, x.LogFile, x.Restarts = c.RuntimeID, c.LogFile, c.Restarts
		x.Created, x.Started, x.Finished = c.Created, c.Started, c.Finished
		if c.ImageDigest != "" {
			x.Digest = c.ImageDigest
		}
		x.Health = string(c.Health)
		if x.Health == "" {
			x.Health = string(runtime.HealthUnknown)
		}
		x.Ports = x.Ports[:0:0]
		for _, p := range c.Ports {
			x.Ports = append(x.Ports, state.PortBinding{BindIP: p.BindIP, Container: int(p.Container), Host: int(p.Host), Protocol: p.Protocol})
		}
	}
}

// saveTask writes a changed task; a change that a user can see is a new version
// and an event.
func saveTask(tx *store.Tx, was, t *state.Task) {
	if reflect.DeepEqual(was, t) {
		return
	}
	if td, ok := state.DefinitionByARN(tx, t.TaskDefinition); ok {
		t.Health = taskHealth(t, &td.Def.V)
	}
	visible := was.LastStatus != t.LastStatus || was.DesiredStatus != t.DesiredStatus || was.Health != t.Health || was.ENIStatus != t.ENIStatus
	for i := range t.Containers {
		visible = visible || was.Containers[i].Status != t.Containers[i].Status
	}
	if visible {
		t.Version = was.Version + 1
		emitTask(tx, t, time.Now())
	}
	followConnect(tx, t)
	followRegistry(tx, was, t)
	state.PutTask(tx, t)
}

// taskHealth: any essential container UNHEALTHY, else any UNKNOWN, else HEALTHY.
func taskHealth(t *state.Task, def *ecs.TaskDefinition) string {
	health := runtime.HealthHealthy
	for i, c := range def.ContainerDefinitions {
		if i >= len(t.Containers) || !aws.ToBool(c.Essential) && c.Essential != nil {
			continue
		}
		switch runtime.Health(t.Containers[i].Health) {
		case runtime.HealthUnhealthy:
			return string(runtime.HealthUnhealthy)
		case runtime.HealthHealthy:
		default:
			health = runtime.HealthUnknown
		}
	}
	return string(health)
}

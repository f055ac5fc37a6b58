package fake

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Script is the life of one task.
type Script struct {
	Start time.Duration // from Start to RUNNING
	Fail  string        // stoppedReason; the task fails instead of RUNNING
	Exit  time.Duration // from RUNNING to an exit; 0 = never
	Code  int           // exit code
	Stop  time.Duration // from the stop signal to the end
	// Health of every container, and when it is known; "" = UNKNOWN.
	Health      runtime.Health
	HealthAfter time.Duration
}

// Options of New.
type Options struct {
	Script func(runtime.Spec) Script // nil = start at once, run for ever
	Digest string                    // of every image; "" = none
	// Joined is told of each task before it starts, with NetNS's answer as path of
	// its namespace; nil = nobody.
	Joined runtime.Joined
	NetNS  func(task string) string // nil = ""
}

// Driver implements runtime.Driver.
type Driver struct {
	opts Options

	mu      sync.Mutex
	tasks   map[string]*task
	next    uint32 // address and place in the order of starts
	watches map[*watch]bool
	closed  bool

	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	joining sync.WaitGroup
}

type task struct {
	nth    uint32 // of all starts
	spec   runtime.Spec
	script Script
	status runtime.Status
	timers []*time.Timer
	gone   chan struct{} // closed when the task has stopped
}

// New returns an empty driver.
func New(o Options) *Driver {
	if o.Script == nil {
		o.Script = func(runtime.Spec) Script { return Script{} }
	}
	d := &Driver{opts: o, tasks: map[string]*task{}, watches: map[*watch]bool{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Name is "fake".
func (d *Driver) Name() string { return "fake" }

// Start begins the task's script.
func (d *Driver) Start(_ context.Context, s runtime.Spec) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.tasks[s.ID]; ok || d.closed {
		return nil
	}
	d.next++
	t := &task{nth: d.next, spec: s, script: d.opts.Script(s), gone: make(chan struct{})}
	now := time.Now()
	t.status = runtime.Status{
		ID: s.ID, Phase: runtime.PhasePreparing, PullStarted: now, PullStopped: now,
		IP: fmt.Sprintf("10.%d.%d.%d", d.next>>16&255, d.next>>8&255, d.next&255),
	}
	for _, c := range s.Containers {
		t.status.Containers = append(t.status.Containers, runtime.ContainerStatus{
			Name: c.Name, Status: "PENDING", Health: runtime.HealthUnknown, RuntimeID: s.ID + "-" + c.Name, ImageDigest: d.opts.Digest,
		})
	}
	d.tasks[s.ID] = t
	if d.opts.NetNS != nil {
		t.status.NetNS = d.opts.NetNS(s.ID)
	}
	d.tell(t)
	if d.opts.Joined == nil || s.NetworkMode == runtime.ModeHost || s.NetworkMode == runtime.ModeNone {
		d.after(t, t.script.Start, d.started)
		return nil
	}
	netns := t.status.NetNS
	d.joining.Go(func() { d.join(t, netns) })
	return nil
}

// join starts the task when who serves inside its namespace is ready.
func (d *Driver) join(t *task, netns string) {
	err := d.opts.Joined.Tell(d.ctx, &t.spec, netns)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed || d.tasks[t.spec.ID] != t || t.status.Phase != runtime.PhasePreparing:
	case err != nil:
		d.end(t, &runtime.Failure{Code: "TaskFailedToStart", Reason: "ResourceInitializationError: " + err.Error()}, nil)
	default:
		d.after(t, t.script.Start, d.started)
	}
}

func (d *Driver) started(t *task) {
	if t.script.Fail != "" {
		d.end(t, &runtime.Failure{Code: "TaskFailedToStart", Reason: t.script.Fail}, nil)
		return
	}
	t.status.Phase, t.status.Started = runtime.PhaseRunning, time.Now()
	d.containers(t, func(c *runtime.ContainerStatus) { c.Status, c.Started = "RUNNING", t.status.Started })
	if t.script.Health != "" && t.script.HealthAfter == 0 {
		d.containers(t, func(c *runtime.ContainerStatus) { c.Health = t.script.Health })
	} else if t.script.Health != "" {
		d.after(t, t.script.HealthAfter, func(t *task) { d.setHealth(t, t.script.Health) })
	}
	d.tell(t)
	if t.script.Exit > 0 {
		d.after(t, t.script.Exit, func(t *task) {
			d.end(t, &runtime.Failure{Code: "EssentialContainerExited", Reason: "Essential container in task exited"}, &t.script.Code)
		})
	}
}

// SetHealth changes the health of a task's containers.
func (d *Driver) SetHealth(id string, h runtime.Health) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t := d.tasks[id]; t != nil {
		d.setHealth(t, h)
	}
}

// Crash ends a running task with an exit code.
func (d *Driver) Crash(id string, code int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t := d.tasks[id]; t != nil {
		d.end(t, &runtime.Failure{Code: "EssentialContainerExited", Reason: "Essential container in task exited"}, &code)
	}
}

func (d *Driver) setHealth(t *task, h runtime.Health) {
	d.containers(t, func(c *runtime.ContainerStatus) { c.Health = h })
	d.tell(t)
}

// Stop ends the task after its script's Stop.
func (d *Driver) Stop(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tasks[id]
	switch {
	case t == nil:
		return runtime.ErrNotFound
	case t.status.Phase == runtime.PhaseStopping || t.status.Phase == runtime.PhaseStopped:
		return nil
	}
	t.status.Phase, t.status.Stopping = runtime.PhaseStopping, time.Now()
	d.tell(t)
	zero := 0
	d.after(t, t.script.Stop, func(t *task) { d.end(t, nil, &zero) })
	return nil
}

func (d *Driver) end(t *task, f *runtime.Failure, code *int) {
	if t.status.Phase == runtime.PhaseStopped {
		return
	}
	now := time.Now()
	t.status.Phase, t.status.Fail, t.status.Stopped, t.status.ExecutionStopped = runtime.PhaseStopped, f, now, now
	d.containers(t, func(c *runtime.ContainerStatus) { c.Status, c.ExitCode, c.Finished = "STOPPED", code, now })
	for _, x := range t.timers {
		x.Stop()
	}
	close(t.gone)
	d.tell(t)
}

// Remove forgets a stopped task.
func (d *Driver) Remove(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.tasks, id)
	return nil
}

// List tells all tasks in the order of their start.
func (d *Driver) List(context.Context) ([]runtime.Status, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]runtime.Status, 0, len(d.tasks))
	for _, t := range d.inOrder() {
		out = append(out, copyStatus(t))
	}
	return out, nil
}

// inOrder lists the tasks by their start; d.mu is held.
func (d *Driver) inOrder() []*task {
	return slices.SortedFunc(maps.Values(d.tasks), func(a, b *task) int { return cmp.Compare(a.nth, b.nth) })
}

// Stats are all zero.
func (d *Driver) Stats(_ context.Context, id string) (map[string]runtime.Stats, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tasks[id]
	if t == nil {
		return nil, runtime.ErrNotFound
	}
	out := map[string]runtime.Stats{}
	for _, c := range t.spec.Containers {
		out[c.Name] = runtime.Stats{At: time.Now()}
	}
	return out, nil
}

// Close ends all watches and timers.
func (d *Driver) Close() error {
	d.cancel()
	defer d.joining.Wait() // after the lock is free
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, t := range d.tasks {
		for _, x := range t.timers {
			x.Stop()
		}
	}
	for w := range d.watches {
		w.close()
	}
	clear(d.watches)
	return nil
}

// after runs a step of a script, under the lock.
func (d *Driver) after(t *task, wait time.Duration, step func(*task)) {
	run := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.tasks[t.spec.ID] == t && t.status.Phase != runtime.PhaseStopped && !d.closed {
			step(t)
		}
	}
	t.timers = append(t.timers, time.AfterFunc(wait, run))
}

func (d *Driver) containers(t *task, fn func(*runtime.ContainerStatus)) {
	for i := range t.status.Containers {
		fn(&t.status.Containers[i])
	}
}

func (d *Driver) tell(t *task) {
	t.status.Seq++
	st := copyStatus(t)
	for w := range d.watches {
		w.put(st)
	}
}

func copyStatus(t *task) runtime.Status {
	st := t.status
	st.Containers = slices.Clone(st.Containers)
	return st
}

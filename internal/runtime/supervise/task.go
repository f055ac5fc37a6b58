package supervise

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// DefaultStopTimeout is how long a container may take to stop when its
// definition does not say.
const DefaultStopTimeout = 30 * time.Second

// Task supervises the containers of one task. Make it with New, call Run once.
type Task struct {
	opts    Options
	status  runtime.Status
	members []*member
	events  chan func() // each runs on the loop
	stop    chan struct{}
	once    sync.Once
	dirty   bool
	work    sync.WaitGroup
	ctx     context.Context // ends with Run
}

// state of a member, finer than ECS's container status.
type state int

const (
	pending  state = iota
	starting       // Create or Start is under way
	running
	stopped
)

// member is one container of the task, with what the loop remembers of it.
type member struct {
	*runtime.Container
	status    *runtime.ContainerStatus
	state     state
	everRan   bool
	lastStart time.Time // of the latest run; first start or last restart
	streak    int       // failed health checks in a row
	signalled bool      // stop signal sent
	checks    context.CancelFunc
	killer    *time.Timer // ends a container that does not stop
	waker     *time.Timer // looks at dependencies again when a startTimeout ends
}

// New makes a Task from a spec and a status to begin with.
func New(opts Options) *Task {
	t := &Task{
		opts: opts, status: opts.Status,
		events: make(chan func()), stop: make(chan struct{}),
	}
	t.status.ID = opts.Spec.ID
	known := make(map[string]runtime.ContainerStatus)
	for _, c := range opts.Status.Containers {
		known[c.Name] = c
	}
	t.status.Containers = make([]runtime.ContainerStatus, len(opts.Spec.Containers))
	for i := range opts.Spec.Containers {
		c := &opts.Spec.Containers[i]
		s, ok := known[c.Name]
		if !ok {
			s = runtime.ContainerStatus{Name: c.Name, Status: "PENDING", Health: runtime.HealthUnknown}
		}
		t.status.Containers[i] = s
		t.members = append(t.members, &member{Container: c, status: &t.status.Containers[i]})
	}
	return t
}

// Stop begins an orderly stop. It returns at once and may be repeated.
func (t *Task) Stop() { t.once.Do(func() { close(t.stop) }) }

// Run supervises until every container has stopped, and returns the final
// status. When ctx ends earlier it returns the status of that moment and leaves
// the containers as they are.
func (t *Task) Run(ctx context.Context) runtime.Status {
	ctx, cancel := context.WithCancel(ctx)
	t.ctx = ctx
	defer t.work.Wait()
	defer t.stopTimers()
	defer cancel()
	t.resume()
	stop := t.stop
	for {
		t.advance()
		t.publish()
		if t.status.Phase == runtime.PhaseStopped {
			return t.snapshot()
		}
		select {
		case event := <-t.events:
			event()
		case <-stop:
			stop = nil
			t.beginStop(nil)
		case <-ctx.Done():
			return t.snapshot()
		}
	}
}

// resume takes over from the status that the Task was made with.
func (t *Task) resume() {
	if t.status.Phase == "" || t.status.Phase == runtime.PhasePreparing {
		t.setPhase(runtime.PhaseStarting)
	}
	for _, m := range t.members {
		switch m.status.Status {
		case "RUNNING":
			m.state, m.everRan, m.lastStart = running, true, m.status.Started
			t.watch(m)
		case "STOPPED":
			m.state, m.everRan = stopped, !m.status.Started.IsZero()
		}
	}
}

// advance takes every step that the present state allows.
func (t *Task) advance() {
	if t.status.Phase != runtime.PhaseStopping {
		for _, m := range t.members {
			if m.state == pending && t.status.Phase != runtime.PhaseStopping {
				t.tryStart(m)
			}
		}
	}
	t.noteRunning()
	if t.status.Phase == runtime.PhaseStopping {
		t.advanceStop()
	}
	t.noteStopped()
}

// noteRunning sets RUNNING once every essential container has started.
func (t *Task) noteRunning() {
	if t.status.Phase != runtime.PhaseStarting {
		return
	}
	for _, m := range t.members {
		if m.Essential && !m.everRan || !m.Essential && !t.anyEssential() && !m.everRan {
			return
		}
	}
	t.setPhase(runtime.PhaseRunning)
	t.status.Started = time.Now()
}

func (t *Task) anyEssential() bool {
	return slices.ContainsFunc(t.members, func(m *member) bool { return m.Essential })
}

// noteStopped sets ExecutionStopped and STOPPED when their time has come.
func (t *Task) noteStopped() {
	essential, all := true, true
	for _, m := range t.members {
		if m.state != stopped {
			all = false
			if m.Essential {
				essential = false
			}
		}
	}
	if essential && t.anyEssential() && t.status.ExecutionStopped.IsZero() {
		t.status.ExecutionStopped = time.Now()
		t.dirty = true
	}
	if all && t.status.Phase != runtime.PhaseStopped {
		t.status.Stopped = time.Now()
		if t.status.ExecutionStopped.IsZero() {
			t.status.ExecutionStopped = t.status.Stopped
		}
		t.setPhase(runtime.PhaseStopped)
	}
}

func (t *Task) setPhase(p runtime.Phase) {
	t.status.Phase = p
	t.dirty = true
}

// send hands an event to the loop; it is lost when Run has ended.
func (t *Task) send(event func()) {
	select {
	case t.events <- event:
	case <-t.ctx.Done():
	}
}

func (t *Task) publish() {
	if !t.dirty {
		return
	}
	t.dirty = false
	t.status.Seq++
	if t.opts.Publish != nil {
		t.opts.Publish(t.snapshot())
	}
}

// snapshot copies the status, so that a reader never sees it change.
func (t *Task) snapshot() runtime.Status {
	s := t.status
	s.Containers = slices.Clone(s.Containers)
	return s
}

func (t *Task) stopTimers() {
	for _, m := range t.members {
		for _, timer := range []*time.Timer{m.killer, m.waker} {
			if timer != nil {
				timer.Stop()
			}
		}
	}
}

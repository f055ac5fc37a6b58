package oci

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/cgroup"
	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

const specFile = "spec.json"

// task is one task, from Start to Remove.
type task struct {
	d      *Driver
	id     string
	dir    string
	spec   runtime.Spec
	cgroup cgroup.Group
	ended  chan struct{} // closed when the task has stopped and its shim is gone

	mu      sync.Mutex
	status  runtime.Status
	stopped bool               // Stop was asked for
	prepare context.CancelFunc // while images and network are prepared
	conn    *net.UnixConn      // while a shim lives
}

func (d *Driver) newTask(spec runtime.Spec) *task {
	t := &task{
		d: d, id: spec.ID, dir: filepath.Join(d.tasksDir(), spec.ID), spec: spec,
		cgroup: d.parent.Child(spec.ID), ended: make(chan struct{}),
	}
	t.status = runtime.Status{ID: spec.ID, Phase: runtime.PhasePreparing, Seq: 1, PullStarted: time.Now()}
	for _, c := range spec.Containers {
		t.status.Containers = append(t.status.Containers, runtime.ContainerStatus{
			Name: c.Name, Status: "PENDING", Health: runtime.HealthUnknown, LogFile: filepath.Join(t.logDir(), c.Name+".jsonl"),
		})
	}
	return t
}

func (t *task) logDir() string { return filepath.Join(t.d.logsDir(), t.id) }

// writeSpec keeps what was asked for until the plan takes its place.
func (t *task) writeSpec() error {
	data, err := json.Marshal(t.spec)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.dir, specFile), data, 0o600)
}

func readSpec(dir string) (s runtime.Spec, err error) {
	data, err := os.ReadFile(filepath.Join(dir, specFile))
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	return s, err
}

func (t *task) snapshot() runtime.Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

// set takes in a newer status and tells it to watchers.
func (t *task) set(s runtime.Status) {
	t.mu.Lock()
	if s.Seq < t.status.Seq || t.status.Phase == runtime.PhaseStopped && s.Phase != runtime.PhaseStopped {
		t.mu.Unlock()
		return
	}
	old := t.status.Phase
	if s.NetNS == "" {
		s.NetNS = t.status.NetNS // a supervisor of an older grue leaves it out
	}
	t.status = s
	t.mu.Unlock()
	t.d.news.Publish(s)
	if s.Phase == old {
		return
	}
	attrs := []any{"task", t.id, "phase", s.Phase}
	if s.Fail != nil {
		attrs = append(attrs, "code", s.Fail.Code, "reason", s.Fail.Reason)
	}
	t.d.log.Info("task changed", attrs...)
}

// life is a task's goroutine from its preparation to its end.
func (t *task) life() {
	ctx, cancel := context.WithCancel(t.d.ctx)
	defer cancel()
	t.mu.Lock()
	t.prepare = cancel
	if t.stopped {
		cancel()
	}
	t.mu.Unlock()
	plan, err := t.makePlan(ctx)
	t.mu.Lock()
	t.prepare = nil
	stopped := t.stopped
	t.mu.Unlock()
	switch {
	case t.d.ctx.Err() != nil:
		return // the next driver prepares it again
	case stopped:
		t.end(stoppedEarly(t.snapshot()))
	case err != nil:
		t.end(shim.FailedStatus(t.snapshot(), reasonOf(err)))
	default:
		t.launch(plan)
	}
}

// launch starts the shim and follows it to its end.
func (t *task) launch(plan shim.Plan) {
	p, err := t.spawn(plan)
	if err != nil {
		t.end(shim.FailedStatus(t.snapshot(), "ContainerRuntimeError: start the task's supervisor: "+hint(err).Error()))
		return
	}
	t.follow(p)
}

// end records the end of a task that has no shim.
func (t *task) end(s runtime.Status) {
	if err := shim.WriteJSON(filepath.Join(t.dir, shim.StatusFile), s); err != nil {
		t.d.log.Error("cannot write the status of a task", "task", t.id, "err", err)
	}
	t.set(s)
	close(t.ended)
}

func stoppedEarly(s runtime.Status) runtime.Status {
	s = shim.FailedStatus(s, "")
	s.Fail = nil
	return s
}

// requestStop passes a stop on to whoever has the task in hand.
func (t *task) requestStop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.prepare != nil {
		t.prepare()
	}
	t.sendStop()
}

// sendStop tells the shim; t.mu is held.
func (t *task) sendStop() {
	if t.conn == nil || !t.stopped {
		return
	}
	t.conn.SetWriteDeadline(time.Now().Add(time.Second))
	if err := shim.Send(t.conn, shim.Request{Op: "stop"}); err != nil {
		t.d.log.Warn("cannot reach the supervisor of a task", "task", t.id, "err", err)
	}
	faultStop.Hit()
}

// free gives back everything that a stopped task holds, except its logs.
func (t *task) free() error {
	faultFree.Hit()
	defer faultFreed.Hit()
	err := t.cgroup.Remove(5 * time.Second)
	if nerr := t.d.opts.Network.FreeTask(t.id); err == nil {
		err = nerr
	}
	t.d.ports.free(t.id)
	if err != nil {
		return err
	}
	now := time.Now()
	if err := os.Chtimes(t.logDir(), now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.d.log.Warn("cannot mark the logs of a removed task", "task", t.id, "err", err)
	}
	return os.RemoveAll(t.dir)
}

package docker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/supervise"
)

// task is one task, from Start to Remove.
type task struct {
	d     *Driver
	id    string
	ended chan struct{} // closed when the task has stopped and its namespace is freed

	saving sync.Mutex // one writer of the record's file
	boxes  map[string]*box

	mu      sync.Mutex
	rec     record
	stopped bool               // Stop was asked for
	prepare context.CancelFunc // while images and network are prepared
	run     *supervise.Task    // while containers are supervised
}

func (d *Driver) newTask(rec record) *task {
	t := &task{d: d, id: rec.Spec.ID, rec: rec, ended: make(chan struct{}), boxes: map[string]*box{}}
	if rec.Status.ID == "" {
		t.rec.Status = runtime.Status{ID: t.id, Phase: runtime.PhasePreparing, Seq: 1, PullStarted: time.Now()}
		for _, c := range rec.Spec.Containers {
			t.rec.Status.Containers = append(t.rec.Status.Containers, runtime.ContainerStatus{
				Name: c.Name, Status: "PENDING", Health: runtime.HealthUnknown, LogFile: t.logFile(c.Name),
			})
		}
	}
	for i := range t.rec.Spec.Containers {
		c := &t.rec.Spec.Containers[i]
		t.boxes[c.Name] = &box{Container: c}
	}
	return t
}

func (t *task) logDir() string                { return filepath.Join(t.d.logsDir(), t.id) }
func (t *task) logFile(name string) string    { return filepath.Join(t.logDir(), name+".jsonl") }
func (t *task) spec() *runtime.Spec           { return &t.rec.Spec }
func (t *task) objectName(rest string) string { return t.d.opts.prefix() + "-" + t.id + "-" + rest }

func (t *task) snapshot() runtime.Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.rec.Status
	s.Containers = slices.Clone(s.Containers)
	return s
}

// set takes in a newer status, keeps it and tells it to watchers.
func (t *task) set(s runtime.Status) {
	t.mu.Lock()
	old := t.rec.Status.Phase
	t.rec.Status = s
	t.mu.Unlock()
	if err := t.save(s.Phase == runtime.PhaseStopped); err != nil {
		t.d.opts.Log.Error("cannot write the record of a task", "task", t.id, "err", err)
	}
	t.d.feed.Publish(s)
	if s.Phase == old {
		return
	}
	attrs := []any{"task", t.id, "phase", s.Phase}
	if s.Fail != nil {
		attrs = append(attrs, "code", s.Fail.Code, "reason", s.Fail.Reason)
	}
	t.d.opts.Log.Info("task changed", attrs...)
}

// life is a task's goroutine from its preparation to its end.
func (t *task) life() {
	t.d.feed.Publish(t.snapshot())
	if !t.rec.Prepared {
		err := t.prepareAll()
		switch {
		case t.d.ctx.Err() != nil:
			return // the next driver prepares it again
		case t.stopAsked():
			t.end(ended(t.snapshot(), ""))
			return
		case err != nil:
			t.end(ended(t.snapshot(), clip(err.Error())))
			return
		}
	}
	t.supervise()
}

// supervise runs the containers until all have stopped.
func (t *task) supervise() {
	t.mu.Lock()
	t.run = supervise.New(supervise.Options{
		Spec: t.rec.Spec, Containers: (*containers)(t), Status: t.rec.Status, Publish: t.published,
	})
	if t.stopped {
		t.run.Stop()
	}
	t.mu.Unlock()
	last := t.run.Run(t.d.ctx)
	for _, b := range t.boxes {
		b.wait()
	}
	if last.Phase == runtime.PhaseStopped {
		t.end(last)
	}
}

// published takes in what supervise tells. STOPPED waits for end, when the ports
// are free again.
func (t *task) published(s runtime.Status) {
	if s.Phase != runtime.PhaseStopped {
		t.set(s)
	}
}

// end frees what others may wait for, then tells that the task has stopped.
func (t *task) end(s runtime.Status) {
	ctx, cancel := context.WithTimeout(t.d.ctx, 30*time.Second)
	defer cancel()
	if err := t.removePause(ctx); err != nil {
		t.d.opts.Log.Warn("the namespace of a stopped task is not freed yet", "task", t.id, "err", err)
	}
	t.set(s)
	close(t.ended)
}

// ended is the status of a task that stops before its containers ran; an empty
// reason means that it was told to.
func ended(s runtime.Status, reason string) runtime.Status {
	now := time.Now()
	s.Seq++
	s.Phase, s.Stopping, s.ExecutionStopped, s.Stopped = runtime.PhaseStopped, now, now, now
	if reason != "" {
		s.Fail = &runtime.Failure{Code: "TaskFailedToStart", Reason: reason}
	}
	for i := range s.Containers {
		c := &s.Containers[i]
		c.Status = "STOPPED"
		if c.Reason == "" {
			c.Reason = reason
		}
	}
	return s
}

func (t *task) stopAsked() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stopped
}

// requestStop passes a stop on to whoever has the task in hand.
func (t *task) requestStop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.prepare != nil {
		t.prepare()
	}
	if t.run != nil {
		t.run.Stop()
	}
}

// free gives back everything that a stopped task holds, except its logs.
func (t *task) free(ctx context.Context) error {
	err := t.removePause(ctx)
	for _, b := range t.boxes {
		err = errors.Join(err, t.d.removeContainer(ctx, t.objectName(b.Name)))
	}
	err = errors.Join(err, t.removeVolumes(ctx))
	if err != nil {
		return err
	}
	now := time.Now()
	_ = os.Chtimes(t.logDir(), now, now) // from now on LogKeep counts; without a log there is nothing to keep
	return os.Remove(t.d.recordPath(t.id))
}

func (d *Driver) removeContainer(ctx context.Context, name string) error {
	_, err := d.engine.ContainerRemove(ctx, name, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if gone(err) {
		return nil
	}
	return err
}

// clip keeps a reason within the 1024 characters that ECS allows.
func clip(s string) string {
	if r := []rune(s); len(r) > 1024 {
		return string(r[:1024])
	}
	return s
}

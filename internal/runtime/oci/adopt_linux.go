package oci

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

// adoptAll takes over every task that a former driver left in the directory.
func (d *Driver) adoptAll() error {
	entries, err := os.ReadDir(d.tasksDir())
	if err != nil {
		return err
	}
	held := map[string]bool{}
	for _, e := range entries {
		held[e.Name()] = true
	}
	for _, l := range d.opts.Network.Leases() {
		if !held[l.ID] {
			if err := d.opts.Network.FreeTask(l.ID); err != nil {
				d.log.Warn("cannot free the address of a task that is gone", "task", l.ID, "err", err)
			}
		}
	}
	for _, e := range entries {
		if err := d.adopt(filepath.Join(d.tasksDir(), e.Name())); err != nil {
			d.log.Error("cannot take over a task; its directory is left alone", "task", e.Name(), "err", err)
		}
	}
	return nil
}

func (d *Driver) adopt(dir string) error {
	plan, planErr := shim.ReadPlan(dir)
	if planErr != nil && !errors.Is(planErr, fs.ErrNotExist) {
		d.log.Warn("a plan was cut short; the task is prepared again", "dir", dir, "err", planErr)
	}
	status, statusErr := shim.ReadStatus(dir)
	if planErr == nil {
		return d.adoptPlanned(plan, status, statusErr == nil)
	}
	spec, err := readSpec(dir)
	if err != nil {
		// Start never returned for this one: it does not exist.
		return os.RemoveAll(dir)
	}
	t := d.newTask(spec)
	if statusErr == nil && status.Phase == runtime.PhaseStopped {
		d.hold(t, status)
		close(t.ended)
		return nil
	}
	// The namespace may be gone with the last boot.
	if err := d.opts.Network.FreeTask(t.id); err != nil {
		return err
	}
	d.hold(t, t.status)
	d.work.Go(t.life)
	return nil
}

// adoptPlanned takes over a task that was handed to a shim, or nearly.
func (d *Driver) adoptPlanned(plan shim.Plan, status runtime.Status, known bool) error {
	t := d.newTask(plan.Spec)
	d.ports.hold(t.id, plan.Ports)
	if !known {
		status = plan.Status
	}
	status.NetNS = plan.Netns
	d.hold(t, status)
	lock, err := t.tryLock()
	if err != nil {
		return err
	}
	switch {
	case lock == nil: // a shim lives, or what was just becoming one
		d.work.Go(func() { t.adopted(plan) })
		return nil
	case plan.Boot != bootID():
		lock.Close()
		d.work.Go(func() { t.settle(rebootReason) })
	case !known: // the last driver came no further than the plan
		lock.Close()
		d.work.Go(func() { t.launch(plan) })
	default:
		lock.Close()
		d.work.Go(func() { t.settle(lostReason) })
	}
	return nil
}

// adopted follows the shim that holds the task's lock. A process that the last
// driver was just starting holds it, too, until it is another program: when the
// lock becomes free and no shim has ever told a status, there was none, and the
// task is still to be launched.
func (t *task) adopted(plan shim.Plan) {
	conn, err := t.dial()
	if err != nil {
		t.d.log.Warn("cannot connect to the supervisor of a task", "task", t.id, "err", err)
	}
	if conn == nil && err == nil && t.d.ctx.Err() == nil {
		if _, err := shim.ReadStatus(t.dir); errors.Is(err, fs.ErrNotExist) {
			t.launch(plan)
			return
		}
	}
	t.follow(conn)
}

// hold enters a task with its last known status.
func (d *Driver) hold(t *task, s runtime.Status) {
	d.mu.Lock()
	d.tasks[t.id] = t
	d.mu.Unlock()
	t.mu.Lock()
	t.status = s
	t.mu.Unlock()
	d.news.Publish(s)
}

// Images tells which images the tasks use, for an ImageStore that cleans up:
// the layer directories of every task that has not been removed.
func (d *Driver) Images() map[string][]string {
	out := map[string][]string{}
	d.mu.Lock()
	dirs := make([]string, 0, len(d.tasks))
	for _, t := range d.tasks {
		dirs = append(dirs, t.dir)
	}
	d.mu.Unlock()
	for _, dir := range dirs {
		plan, err := shim.ReadPlan(dir)
		if err != nil {
			continue
		}
		for _, img := range plan.Images {
			out[img.Digest] = img.Layers
		}
	}
	return out
}

package docker

import (
	"context"

	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

// adopt takes over the tasks that an earlier driver recorded, and removes
// containers of ours that no record knows.
func (d *Driver) adopt(ctx context.Context) error {
	records, err := d.readRecords()
	if err != nil {
		return err
	}
	for _, r := range records {
		t := d.newTask(r)
		d.tasks[t.id] = t
		d.feed.Publish(t.snapshot())
		if r.Status.Phase == runtime.PhaseStopped {
			close(t.ended)
		}
	}
	if err := d.removeStrays(ctx); err != nil {
		return err
	}
	for _, t := range d.tasks {
		if t.rec.Status.Phase != runtime.PhaseStopped {
			d.launch(t)
		}
	}
	return nil
}

// ours lists the containers of this data directory, running or not.
func (d *Driver) ours(ctx context.Context) (client.ContainerListResult, error) {
	return d.engine.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: client.Filters{}.Add("label", labelData+"="+d.opts.Dir),
	})
}

func (d *Driver) removeStrays(ctx context.Context) error {
	found, err := d.ours(ctx)
	if err != nil {
		return err
	}
	for _, c := range found.Items {
		if d.tasks[c.Labels[labelTask]] != nil {
			continue
		}
		d.opts.Log.Warn("a container without a record is removed", "task", c.Labels[labelTask], "container", c.Labels[labelContainer])
		if err := d.removeContainer(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

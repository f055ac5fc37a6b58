package docker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

// imageKeep is how long an image that no task uses stays in the Engine.
const imageKeep = time.Hour

// sweep removes, now and then, what no task needs any more.
func (d *Driver) sweep() {
	tick := time.NewTicker(min(d.opts.LogKeep, time.Hour))
	defer tick.Stop()
	for {
		d.sweepLogs()
		select {
		case <-d.ctx.Done():
			return
		case <-tick.C:
		}
		if err := d.sweepImages(d.ctx, time.Now().Add(-imageKeep)); err != nil {
			d.opts.Log.Warn("unused images not removed from the Docker Engine", "err", err)
		}
	}
}

// sweepLogs removes the logs of tasks that have been gone for LogKeep.
func (d *Driver) sweepLogs() {
	entries, _ := os.ReadDir(d.logsDir())
	for _, e := range entries {
		info, err := e.Info()
		if _, ferr := d.find(e.Name()); err == nil && errors.Is(ferr, runtime.ErrNotFound) && time.Since(info.ModTime()) > d.opts.LogKeep {
			os.RemoveAll(filepath.Join(d.logsDir(), e.Name()))
		}
	}
}

// sweepImages removes images that came from grue's registry, that no task names
// and that nobody asked for since a moment. grue can load them again.
func (d *Driver) sweepImages(ctx context.Context, since time.Time) error {
	images, err := d.engine.ImageList(ctx, client.ImageListOptions{Filters: client.Filters{}.Add("reference", d.opts.prefix()+"/*")})
	if err != nil {
		return err
	}
	named := d.imagesInUse()
	var failed error
	for _, img := range images.Items {
		for _, name := range img.RepoTags {
			if named[name] || d.loads.wanted(name, since) {
				continue
			}
			_, err := d.engine.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
			if err != nil && !gone(err) && !taken(err) {
				failed = errors.Join(failed, err)
			}
		}
	}
	return failed
}

func (d *Driver) imagesInUse() map[string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	named := map[string]bool{}
	for _, t := range d.tasks {
		t.mu.Lock()
		for _, img := range t.rec.Images {
			named[img.Name] = true
		}
		t.mu.Unlock()
	}
	return named
}

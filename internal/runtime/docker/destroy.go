package docker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/moby/moby/client"
)

// markerFile is in a driver's directory from before the first thing is made in
// the Engine for it.
const markerFile = "engine"

// Used tells whether there may be something in an Engine that belongs to a
// driver's directory.
func Used(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, markerFile))
	if errors.Is(err, os.ErrNotExist) { // a directory of an older grue has tasks only
		tasks, _ := os.ReadDir(filepath.Join(dir, "tasks"))
		return len(tasks) > 0
	}
	return true
}

// mark has Used answer true.
func (d *Driver) mark() error {
	return os.WriteFile(filepath.Join(d.opts.Dir, markerFile), []byte(d.opts.prefix()+"\n"), 0o600)
}

// Destroy removes from the Engine everything that belongs to opts.Dir, and the
// directory: containers, volumes, images that were loaded, the network. No
// driver may be open for it.
func Destroy(opts Options) error {
	if err := opts.fill(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	engine, err := connect(ctx, opts.Host)
	if err != nil {
		return &Error{Op: "destroy", Err: err}
	}
	defer engine.Close()
	d := &Driver{opts: opts, engine: engine}
	if err := d.destroy(ctx); err != nil {
		return &Error{Op: "destroy", Err: err}
	}
	return os.RemoveAll(opts.Dir)
}

// Kill ends at once every task of opts.Dir that still runs. Records, logs, volumes
// and images stay: the next driver finds its tasks ended. No driver may be open
// for the directory.
func Kill(opts Options) error {
	if err := opts.fill(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	engine, err := connect(ctx, opts.Host)
	if err != nil {
		return &Error{Op: "kill", Err: err}
	}
	defer engine.Close()
	d := &Driver{opts: opts, engine: engine}
	found, err := d.ours(ctx)
	for _, c := range found.Items {
		err = errors.Join(err, d.removeContainer(ctx, c.ID))
	}
	if err != nil {
		return &Error{Op: "kill", Err: err}
	}
	return nil
}

func (d *Driver) destroy(ctx context.Context) error {
	found, err := d.ours(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, c := range found.Items {
		failed = errors.Join(failed, d.removeContainer(ctx, c.ID))
	}
	label := client.Filters{}.Add("label", labelData+"="+d.opts.Dir)
	volumes, err := d.engine.VolumeList(ctx, client.VolumeListOptions{Filters: label})
	failed = errors.Join(failed, err)
	for _, v := range volumes.Items {
		_, err := d.engine.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{Force: true})
		failed = errors.Join(failed, err)
	}
	images, err := d.engine.ImageList(ctx, client.ImageListOptions{Filters: client.Filters{}.Add("reference", d.opts.prefix()+"/*")})
	failed = errors.Join(failed, err)
	for _, img := range images.Items {
		for _, name := range img.RepoTags {
			_, err := d.engine.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
			failed = errors.Join(failed, err)
		}
	}
	if _, err := d.engine.NetworkRemove(ctx, d.opts.prefix(), client.NetworkRemoveOptions{}); err != nil && !gone(err) {
		failed = errors.Join(failed, err)
	}
	return failed
}

package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

// volumeName is what the Engine calls a volume of the task: its own name when it
// outlives the task, else one of the task's.
func (t *task) volumeName(v *runtime.Volume) string {
	if v.Docker && v.Shared {
		return v.Name
	}
	return t.objectName(v.Name)
}

func (t *task) volume(name string) (*runtime.Volume, error) {
	for i := range t.spec().Volumes {
		if v := &t.spec().Volumes[i]; v.Name == name {
			return v, nil
		}
	}
	return nil, fmt.Errorf("the task has no volume %q", name)
}

// makeVolumes makes the volumes that a container mounts and the Engine lacks.
func (t *task) makeVolumes(ctx context.Context, c *runtime.Container) error {
	for _, m := range c.Mounts {
		v, err := t.volume(m.Volume)
		if err != nil {
			return err
		}
		if v.HostPath != "" {
			continue
		}
		name := t.volumeName(v)
		if v.Docker && v.Shared {
			_, err := t.d.engine.VolumeInspect(ctx, name, client.VolumeInspectOptions{})
			if err == nil {
				continue
			}
			if !v.Autocreate {
				return fmt.Errorf("volume %q does not exist and autoprovision is false: %w", name, err)
			}
		}
		labels := maps.Clone(v.Labels)
		if labels == nil {
			labels = map[string]string{}
		}
		if !v.Shared {
			labels[labelData], labels[labelTask] = t.d.opts.Dir, t.id
		}
		_, err = t.d.engine.VolumeCreate(ctx, client.VolumeCreateOptions{
			Name: name, Driver: v.Driver, DriverOpts: v.DriverOpts, Labels: labels,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// binds are a container's mounts in the Engine's short form, with which it makes
// host directories that do not exist, as ECS does.
func (t *task) binds(c *runtime.Container) (binds []string, err error) {
	for _, m := range c.Mounts {
		v, err := t.volume(m.Volume)
		if err != nil {
			return nil, err
		}
		source := v.HostPath
		if source == "" {
			source = t.volumeName(v)
		}
		if strings.Contains(source, ":") || strings.Contains(m.Path, ":") {
			return nil, fmt.Errorf("a path with a colon cannot be mounted: %q on %q", source, m.Path)
		}
		bind := source + ":" + m.Path
		if m.ReadOnly {
			bind += ":ro"
		}
		binds = append(binds, bind)
	}
	return binds, nil
}

// removeVolumes removes those that live as long as the task.
func (t *task) removeVolumes(ctx context.Context) error {
	var failed error
	for i := range t.spec().Volumes {
		v := &t.spec().Volumes[i]
		if v.HostPath != "" || v.Docker && v.Shared {
			continue
		}
		_, err := t.d.engine.VolumeRemove(ctx, t.volumeName(v), client.VolumeRemoveOptions{Force: true})
		if err != nil && !gone(err) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

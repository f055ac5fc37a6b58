package docker

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

// create makes a container, or finds the one that an earlier driver made for
// the same task under the same name.
func (d *Driver) create(ctx context.Context, opts client.ContainerCreateOptions, task string) (string, error) {
	made, err := d.engine.ContainerCreate(ctx, opts)
	if err == nil {
		for _, w := range made.Warnings {
			d.opts.Log.Warn("Docker Engine warns", "task", task, "warning", w)
		}
		return made.ID, nil
	}
	if !taken(err) {
		return "", err
	}
	found, ierr := d.engine.ContainerInspect(ctx, opts.Name, client.ContainerInspectOptions{})
	if ierr != nil || found.Container.Config.Labels[labelTask] != task || found.Container.Config.Labels[labelData] != d.opts.Dir {
		return "", err
	}
	return found.Container.ID, nil
}

// labels of a container, ECS's own among them.
func (t *task) labels(c *runtime.Container, name string) map[string]string {
	s := t.spec()
	all := maps.Clone(s.Labels)
	if all == nil {
		all = map[string]string{}
	}
	if c != nil {
		maps.Copy(all, c.DockerLabels)
	}
	maps.Copy(all, map[string]string{
		labelData: t.d.opts.Dir, labelTask: t.id, labelContainer: name,
		"com.amazonaws.ecs.cluster": s.Cluster, "com.amazonaws.ecs.container-name": name,
		"com.amazonaws.ecs.task-definition-family": s.Family,
	})
	return all
}

// config is what a container is; an empty EntryPoint or Command means the
// image's, and so it does for the Engine.
func (t *task) config(c *runtime.Container, image string) *container.Config {
	config := &container.Config{
		Image: image, User: c.User, WorkingDir: c.WorkingDir, Tty: c.TTY, OpenStdin: c.Interactive,
		Env: t.env(c), Cmd: c.Command, Entrypoint: c.EntryPoint, Labels: t.labels(c, c.Name),
		// ECS ignores the image's own health check and runs the definition's.
		Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
	}
	if !t.joins(c) && t.spec().NetworkMode != runtime.ModeHost {
		config.Hostname = c.Hostname
	}
	return config
}

// joins tells whether a container is in the network of the pause container.
func (t *task) joins(c *runtime.Container) bool {
	mode := t.spec().NetworkMode
	return !c.NoNetwork && mode != runtime.ModeHost && mode != runtime.ModeNone
}

func (t *task) env(c *runtime.Container) []string {
	var env []string
	for name, value := range t.spec().MetadataEnv {
		env = append(env, name+"="+strings.ReplaceAll(value, "%s", c.EndpointID))
	}
	return append(env, c.Env...)
}

// createContainer makes one container of a task.
func (t *task) createContainer(ctx context.Context, b *box) (string, error) {
	t.mu.Lock()
	image, failed := t.rec.Images[b.Name], t.rec.Failed[b.Name]
	t.mu.Unlock()
	if failed != "" {
		return "", fmt.Errorf("%s", failed)
	}
	if err := t.makeVolumes(ctx, b.Container); err != nil {
		return "", fmt.Errorf("CannotCreateVolumeError: %w", err)
	}
	host, err := t.hostConfig(ctx, b.Container)
	if err != nil {
		return "", fmt.Errorf("CannotCreateContainerError: %w", err)
	}
	id, err := t.d.create(ctx, client.ContainerCreateOptions{
		Name: t.objectName(b.Name), Config: t.config(b.Container, image.Name), HostConfig: host,
	}, t.id)
	if err != nil {
		return "", fmt.Errorf("CannotCreateContainerError: %w", err)
	}
	return id, nil
}

package tasks_test

import (
	"context"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/test/bench/rig"
)

// docker starts containers through the API of a Docker Engine.
type docker struct {
	*rig.Docker
	ref string
}

func newDocker(b *testing.B, ref string) (*docker, error) {
	b.Helper()
	d, err := rig.StartDocker(b)
	if err != nil {
		return nil, err
	}
	if err := d.Pull(context.Background(), ref); err != nil {
		return nil, err
	}
	return &docker{Docker: d, ref: ref}, nil
}

func (d *docker) start(b *testing.B) float64 {
	ctx := context.Background()
	began := time.Now()
	made, err := d.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config:     &container.Config{Image: d.ref},
		HostConfig: &container.HostConfig{Resources: container.Resources{CPUShares: 1024, Memory: 2 << 30}},
	})
	if err != nil {
		b.Fatal("docker: ", err)
	}
	defer func() {
		if err := d.Remove(ctx, made.ID); err != nil {
			b.Error("docker: ", err)
		}
	}()
	if _, err := d.ContainerStart(ctx, made.ID, client.ContainerStartOptions{}); err != nil {
		b.Fatal("docker: ", err)
	}
	now, err := d.ContainerInspect(ctx, made.ID, client.ContainerInspectOptions{})
	if err != nil {
		b.Fatal("docker: ", err)
	}
	ip := now.Container.NetworkSettings.Networks["bridge"].IPAddress
	took, err := rig.FirstAnswer(ip.String()+":8080", began)
	if err != nil {
		b.Fatal("docker: ", err)
	}
	return rig.Millis(took)
}

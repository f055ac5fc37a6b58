package rolling_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/test/bench/rig"
)

// mob is a service of Docker Swarm.
type mob struct {
	*rig.Docker
	updates
	id string
}

func newSwarm(b *testing.B, refs []string) (*mob, error) {
	b.Helper()
	d, err := rig.StartDocker(b)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	for _, ref := range refs {
		if err := d.Pull(ctx, ref); err != nil {
			return nil, err
		}
	}
	if _, err := d.SwarmInit(ctx, client.SwarmInitOptions{ListenAddr: rig.FreeAddress(), AdvertiseAddr: "127.0.0.1"}); err != nil {
		return nil, err
	}
	made, err := d.ServiceCreate(ctx, client.ServiceCreateOptions{Spec: spec(refs[0])})
	if err != nil {
		return nil, err
	}
	m := &mob{Docker: d, id: made.ID}
	return m, m.settled(refs[0])
}

// spec starts all new tasks before it stops an old one, and waits for nothing
// that it need not wait for.
func spec(ref string) swarm.ServiceSpec {
	replicas, grace := uint64(tasks), 2*time.Second
	return swarm.ServiceSpec{
		Annotations: swarm.Annotations{Name: "bench"},
		Mode:        swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: &replicas}},
		TaskTemplate: swarm.TaskSpec{
			ContainerSpec: &swarm.ContainerSpec{Image: ref, StopGracePeriod: &grace},
			Networks:      []swarm.NetworkAttachmentConfig{{Target: "bridge"}},
		},
		UpdateConfig: &swarm.UpdateConfig{Parallelism: tasks, Order: swarm.UpdateOrderStartFirst, Monitor: time.Millisecond},
	}
}

func (m *mob) update(b *testing.B, ref string) {
	b.Helper()
	ctx := context.Background()
	now, err := m.ServiceInspect(ctx, m.id, client.ServiceInspectOptions{})
	if err != nil {
		b.Fatal("swarm: ", err)
	}
	began := time.Now()
	if _, err := m.ServiceUpdate(ctx, m.id, client.ServiceUpdateOptions{Version: now.Service.Version, Spec: spec(ref)}); err != nil {
		b.Fatal("swarm: ", err)
	}
	if err := m.settled(ref); err != nil {
		b.Fatal("swarm: ", err)
	}
	m.seconds = append(m.seconds, time.Since(began).Seconds())
}

// settled waits until all tasks run the image, no other task runs, and the
// update says that it is over.
func (m *mob) settled(ref string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for {
		now, err := m.ServiceInspect(ctx, m.id, client.ServiceInspectOptions{})
		if err != nil {
			return err
		}
		list, err := m.TaskList(ctx, client.TaskListOptions{})
		if err != nil {
			return err
		}
		fresh, other := 0, 0
		for _, t := range list.Items {
			if t.Status.State != swarm.TaskStateRunning {
				continue
			}
			if strings.HasPrefix(t.Spec.ContainerSpec.Image, ref) && t.DesiredState == swarm.TaskStateRunning {
				fresh++
			} else {
				other++
			}
		}
		over := now.Service.UpdateStatus == nil || now.Service.UpdateStatus.State == swarm.UpdateStateCompleted
		if over && fresh == tasks && other == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
	}
}

// how tells what Swarm did, below the table.
func (m *mob) how() string {
	return "Swarm: start-first, parallelism 10, no delay, monitor 1 ms, no health check, no drain. It carries no load here: its load balancer needs " +
		"IPVS in the kernel and rules in the machine's firewall, and the dockerd of this benchmark makes none."
}

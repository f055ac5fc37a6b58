package docker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/supervise"
)

// box is one container of a task.
type box struct {
	*runtime.Container

	making sync.Mutex // one Create at a time: volumesFrom creates ahead of its turn
	id     string

	mu     sync.Mutex
	ran    bool          // started by this driver
	follow chan struct{} // closed when the output of this run is written
}

// wait lets the output come to its end.
func (b *box) wait() {
	b.mu.Lock()
	follow := b.follow
	b.mu.Unlock()
	if follow != nil {
		<-follow
	}
}

// containers is a task as supervise sees it.
type containers task

var _ supervise.Containers = (*containers)(nil)

// Time limits of the ECS agent.
const (
	createTime = 4 * time.Minute
	startTime  = 3 * time.Minute
)

// timeout words an error that is a time-out as the ECS agent does.
func timeout(ctx context.Context, state string, limit time.Duration, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("DockerTimeoutError: Could not transition to %s; timed out after waiting %s", state, limit)
	}
	return err
}

func (c *containers) task() *task { return (*task)(c) }

// ensure makes a container unless it is there.
func (t *task) ensure(ctx context.Context, name string) (string, error) {
	b, ok := t.boxes[name]
	if !ok {
		return "", fmt.Errorf("the task has no container %q", name)
	}
	b.making.Lock()
	defer b.making.Unlock()
	if b.id != "" {
		return b.id, nil
	}
	id, err := t.createContainer(ctx, b)
	if err == nil {
		b.id = id
	}
	return id, err
}

// Create implements supervise.Containers.
func (c *containers) Create(ctx context.Context, name string) (supervise.Created, error) {
	t := c.task()
	limited, cancel := context.WithTimeout(ctx, createTime)
	defer cancel()
	id, err := t.ensure(limited, name)
	if err != nil {
		return supervise.Created{}, timeout(limited, "created", createTime, err)
	}
	ports, err := t.bindings(limited, t.boxes[name].Container)
	if err != nil {
		return supervise.Created{}, fmt.Errorf("CannotCreateContainerError: ports: %w", err)
	}
	t.mu.Lock()
	digest := t.rec.Images[name].Digest
	t.mu.Unlock()
	return supervise.Created{RuntimeID: id, ImageDigest: digest, Ports: ports, LogFile: t.logFile(name)}, nil
}

// Start implements supervise.Containers. A container that an earlier driver
// started just before it ended is not started twice.
func (c *containers) Start(ctx context.Context, name string) (supervise.Started, error) {
	t := c.task()
	b := t.boxes[name]
	limited, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	id := t.objectName(name)
	info, err := t.d.engine.ContainerInspect(limited, id, client.ContainerInspectOptions{})
	if err != nil {
		return supervise.Started{}, fmt.Errorf("CannotStartContainerError: %w", timeout(limited, "started", startTime, err))
	}
	b.mu.Lock()
	again := b.ran
	b.ran = true
	b.mu.Unlock()
	if again || info.Container.State.Status == container.StateCreated {
		b.wait()
		if _, err := t.d.engine.ContainerStart(limited, id, client.ContainerStartOptions{}); err != nil {
			return supervise.Started{}, fmt.Errorf("CannotStartContainerError: %w", timeout(limited, "started", startTime, err))
		}
		if info, err = t.d.engine.ContainerInspect(limited, id, client.ContainerInspectOptions{}); err != nil {
			return supervise.Started{}, fmt.Errorf("CannotStartContainerError: %w", err)
		}
	}
	t.followOutput(b)
	return supervise.Started{PID: info.Container.State.Pid, At: instant(info.Container.State.StartedAt), RuntimeID: info.Container.ID}, nil
}

// Wait implements supervise.Containers. It waits on through a restart of the
// Engine.
func (c *containers) Wait(ctx context.Context, name string) (supervise.Exit, error) {
	t := c.task()
	b, id := t.boxes[name], t.objectName(name)
	b.mu.Lock()
	b.ran = true
	adopted := b.follow == nil
	b.mu.Unlock()
	if adopted {
		t.followOutput(b)
	}
	for {
		err := t.waitOnce(ctx, id)
		if ctx.Err() != nil {
			return supervise.Exit{}, ctx.Err()
		}
		if gone(err) {
			return supervise.Exit{}, errors.New("the container was removed from the Docker Engine by somebody else")
		}
		if err == nil {
			if exit, err := t.exit(ctx, id); err == nil {
				b.settle(ctx)
				return exit, nil
			}
		}
		if err := pause(ctx, time.Second); err != nil {
			return supervise.Exit{}, err
		}
	}
}

func (t *task) waitOnce(ctx context.Context, id string) error {
	result := t.d.engine.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case <-result.Result:
		return nil
	case err := <-result.Error:
		return err
	}
}

// exit reads how a container ended.
func (t *task) exit(ctx context.Context, id string) (supervise.Exit, error) {
	info, err := t.d.engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return supervise.Exit{}, err
	}
	s := info.Container.State
	if s.Running {
		return supervise.Exit{}, errors.New("the container runs again")
	}
	// The Engine notes a start after it happened, and so sometimes after the end.
	at, started := instant(s.FinishedAt), instant(s.StartedAt)
	if at.Before(started) {
		at = started
	}
	return supervise.Exit{Code: s.ExitCode, OOM: s.OOMKilled, Reason: s.Error, At: at}, nil
}

// settle lets the last lines arrive before the end is told, within reason.
func (b *box) settle(ctx context.Context) {
	b.mu.Lock()
	follow := b.follow
	b.mu.Unlock()
	if follow == nil {
		return
	}
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	select {
	case <-follow:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Stop implements supervise.Containers: the stop signal of the image.
func (c *containers) Stop(ctx context.Context, name string) error {
	t := c.task()
	id := t.objectName(name)
	info, err := t.d.engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	signal := info.Container.Config.StopSignal
	if signal == "" {
		signal = "SIGTERM"
	}
	return t.signal(ctx, id, signal)
}

// Kill implements supervise.Containers.
func (c *containers) Kill(ctx context.Context, name string) error {
	return c.task().signal(ctx, c.task().objectName(name), "SIGKILL")
}

// signal is no error for a container that is not running any more.
func (t *task) signal(ctx context.Context, id, signal string) error {
	_, err := t.d.engine.ContainerKill(ctx, id, client.ContainerKillOptions{Signal: signal})
	if taken(err) || gone(err) {
		return nil
	}
	return err
}

// instant reads the Engine's times; zero when there is none.
func instant(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 1970 {
		return time.Time{}
	}
	return at
}

// pause waits a while, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

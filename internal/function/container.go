package function

import (
	"context"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Time limits of calls of the driver: the start of a container is a request
// only, and its end is killed.
const (
	driverTime = 10 * time.Second
	stopTime   = time.Millisecond // from SIGTERM to SIGKILL: functions get no time to stop, as in AWS
)

// container runs the image of a version as a task of the container runtime.
type container struct {
	c      *containers
	e      *environment
	id     string
	follow *follower

	mu       sync.Mutex
	status   runtime.Status
	isLost   bool
	running  bool
	ended    bool
	measured int // largest memory seen, MB
}

// startContainer asks the driver for the container of e; pulling and starting
// go on behind.
func startContainer(e *environment) (process, error) {
	env, err := e.containerEnviron()
	if err != nil {
		return nil, err
	}
	// The image's user writes there, whoever that is.
	if err := os.Chmod(e.dir, 0o777|os.ModeSticky); err != nil {
		return nil, err
	}
	k := &container{c: e.f.containers, e: e}
	k.c.add(k)
	k.follow = newFollower(e.out, e.busy)
	e.f.wg.Go(k.follow.run)
	ctx, cancel := context.WithTimeout(context.Background(), driverTime)
	defer cancel()
	if err := k.c.opts.Driver.Start(ctx, k.spec(env)); err != nil {
		k.c.drop(k)
		k.follow.close()
		return nil, &startError{badEntrypoint, err.Error()}
	}
	return k, nil
}

// spec is the task: one container that may write to /tmp only, as in AWS.
func (k *container) spec(env []string) runtime.Spec {
	v := k.e.v
	c := v.imageConfig()
	memory := int64(*v.Config.MemorySize)
	box := runtime.Container{
		Name: "function", Image: v.ImageURI, Digest: v.Digest, Essential: true, Env: env,
		EntryPoint: c.EntryPoint, Command: c.Command, MemoryMiB: memory, StopTimeout: stopTime,
		ReadOnlyRoot: true, Mounts: []runtime.Mount{{Volume: "tmp", Path: "/tmp"}},
	}
	if c.WorkingDirectory != nil {
		box.WorkingDir = *c.WorkingDirectory
	}
	return runtime.Spec{
		ID: k.id, Cluster: "lambda", Family: v.Name(), NetworkMode: runtime.ModeAWSVPC, MemoryMiB: memory,
		Containers: []runtime.Container{box}, Volumes: []runtime.Volume{{Name: "tmp", HostPath: k.e.dir}},
		Labels: map[string]string{"com.amazonaws.lambda.function-arn": ARN(v.Scope, v.Name(), v.Number())},
	}
}

// imageConfig is how the function wants its image to be started.
func (v *Version) imageConfig() types.ImageConfig {
	if r := v.Config.ImageConfigResponse; r != nil && r.ImageConfig != nil {
		return *r.ImageConfig
	}
	return types.ImageConfig{}
}

// note takes in a status of the task.
func (k *container) note(st runtime.Status) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status = st
	if len(st.Containers) > 0 {
		k.follow.open(st.Containers[0].LogFile)
	}
	if st.Phase == runtime.PhaseRunning && !k.running {
		k.run()
	}
	if st.Phase == runtime.PhaseStopped {
		k.end()
	}
}

// run is told once; k.mu is held. The program may ask for work before that.
func (k *container) run() {
	k.running = true
	k.e.mu.Lock()
	defer k.e.mu.Unlock()
	if !k.e.isReady {
		k.e.began = time.Now()
	}
	close(k.e.started)
}

func (k *container) end() {
	if !k.ended {
		k.ended = true
		close(k.e.exited)
	}
}

// lost ends a container of which nothing more will be told.
func (k *container) lost() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.isLost = true
	k.end()
}

func (k *container) kill() {
	ctx, cancel := context.WithTimeout(context.Background(), driverTime)
	defer cancel()
	if err := k.c.opts.Driver.Stop(ctx, k.id); err != nil {
		k.lost() // the driver does not hold it, or is closed
	}
}

func (k *container) begin() { k.follow.poke() }

// flush: a driver that knows when the output is complete spares the guess.
func (k *container) flush() {
	if d, ok := k.c.opts.Driver.(runtime.Flusher); ok {
		ctx, cancel := context.WithTimeout(context.Background(), driverTime)
		defer cancel()
		_ = d.Flush(ctx, k.id) // follow waits a little, too
	}
	k.follow.flush()
}

// how: an exit code above 128 is a signal.
func (k *container) how() (kind, message string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f := k.status.Fail; f != nil && k.status.Started.IsZero() {
		return badEntrypoint, f.Reason
	}
	code := 0
	for _, c := range k.status.Containers {
		if c.ExitCode != nil {
			code = *c.ExitCode
		}
	}
	switch {
	case code == 0:
		return exitError, noReason
	case code > 128 && code < 128+65:
		return exitError, exitedWith + "signal: " + syscall.Signal(code-128).String()
	}
	return exitError, exitedWith + "exit status " + strconv.Itoa(code)
}

// memory is measured after each invocation.
func (k *container) memory() int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	all, err := k.c.opts.Driver.Stats(ctx, k.id)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.measured = max(k.measured, int(all["function"].MemoryBytes>>20))
	}
	return k.measured
}

// release reads the last output, which then is in the log stream, and removes all
// that is left.
func (k *container) release() {
	k.follow.close()
	k.mu.Lock()
	gone := k.isLost
	k.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), driverTime)
	defer cancel()
	if err := k.c.opts.Driver.Remove(ctx, k.id); err != nil && !gone {
		k.c.log.Warn("container of a function not removed", "function", k.e.v.Name(), "task", k.id, "err", err)
	}
	k.follow.discard()
	k.c.drop(k)
}

// address is where the container's own requests come from; "" = not known.
func (k *container) address() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.status.IP
}

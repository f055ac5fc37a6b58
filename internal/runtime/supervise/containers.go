package supervise

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Containers acts on the containers of one task, by name. A Task never calls
// two methods for the same container at once, except Wait and Exec, which
// overlap with Stop and Kill. Methods honour the end of their context; Start
// may finish what it began.
type Containers interface {
	// Create makes a container that has never run; one that a former process
	// made already is adopted. Its error text becomes the
	// container's reason and should begin with ECS's word for it, for example
	// "CannotPullContainerError: …" or "CannotCreateContainerError: …".
	Create(ctx context.Context, name string) (Created, error)
	// Start starts a created container, or starts again one that has exited.
	// Its error text begins with "CannotStartContainerError: …".
	Start(ctx context.Context, name string) (Started, error)
	// Wait blocks until the running container has exited. For one that exited
	// while nobody was watching it answers at once. An error that is not the
	// context's means that nobody knows how the container ended.
	Wait(ctx context.Context, name string) (Exit, error)
	// Stop sends the container's stop signal and returns at once.
	Stop(ctx context.Context, name string) error
	// Kill sends SIGKILL to everything in the container and returns at once.
	Kill(ctx context.Context, name string) error
	// Exec runs a command inside and returns its exit code and the start of
	// its output, at most limit bytes. When ctx ends the command is killed.
	Exec(ctx context.Context, name string, cmd []string, limit int) (code int, output string, err error)
}

// Created is what is known of a container before it runs.
type Created struct {
	RuntimeID   string
	ImageDigest string
	Ports       []runtime.PortBinding
	LogFile     string
}

// Started is what is known of a container once it runs.
type Started struct {
	PID int
	At  time.Time // zero = now
	// RuntimeID and Ports replace those of Created when they are not empty.
	RuntimeID string
	Ports     []runtime.PortBinding
}

// Exit is how one run of a container ended.
type Exit struct {
	Code   int
	OOM    bool
	Reason string    // in ECS's words; empty for an ordinary exit
	At     time.Time // zero = now
}

// Options make a Task.
type Options struct {
	Spec       runtime.Spec
	Containers Containers
	// Status to begin with, or to go on from after a restart: containers that
	// are RUNNING in it are waited for, those that are PENDING are started.
	Status runtime.Status
	// Publish receives every change, in order, from the loop. It must not
	// block for long.
	Publish func(runtime.Status)
}

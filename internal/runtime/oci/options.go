package oci

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/grue-ecs/grue/internal/network"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/bundle"
	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

// Image is an unpacked image; see ImageStore.
type Image = bundle.Image

// Config is the part of an image that containers inherit.
type Config = bundle.Config

// ImageStore makes images ready to run. What it returns must stay on disk as
// long as a task of this driver uses it; Driver.Images tells which do.
type ImageStore interface {
	// Prepare pulls and unpacks an image unless it is there. With a digest the
	// tag of ref is not consulted. An error becomes the container's reason,
	// behind "CannotPullContainerError: ".
	Prepare(ctx context.Context, ref, digest string, auth runtime.RegistryAuth, progress func(done, total int64)) (Image, error)
}

// Options make a Driver. Dir, Images and Network are required.
type Options struct {
	Dir     string // tasks, logs and volumes; must stay on this machine
	Images  ImageStore
	Network *network.Network
	// Runtime is the OCI runtime: a name in PATH or a path; "" = runc, else crun.
	Runtime string
	// Self is the grue binary; "" = this program. It supervises tasks when
	// there is no helper, and then must be linked statically to be the init
	// process of containers.
	Self string
	// Helper is a program that understands `shim`; "" = the embedded grue-shim,
	// or else Self.
	Helper string
	// CgroupParent is where the control groups of tasks are; "" = a name that
	// follows from Dir.
	CgroupParent string
	// DNS are the name servers of containers that name none; nil = the
	// gateway of the task's network.
	DNS []string
	// Joined is told of each task's namespace before containers start; nil = nobody.
	Joined    runtime.Joined
	PIDsLimit int64         // processes a container; 0 = 16384, negative = no limit
	LogBytes  int64         // size of a log file before it is rotated; 0 = 16 MiB
	LogFiles  int           // rotated files kept, the current one included; 0 = 3
	LogKeep   time.Duration // how long logs outlive their task; 0 = 24 h
	Log       *slog.Logger
}

// Errors of this package. Use errors.Is.
var (
	ErrUnsupported = errors.New("the oci runtime needs Linux; use --runtime docker")
	ErrPrivilege   = errors.New("the oci runtime needs root; use sudo, or --runtime docker")
	ErrNoRuntime   = errors.New("no OCI runtime found: install runc, or choose one with --oci-runtime, or use --runtime docker")
	ErrRunning     = errors.New("the task has not stopped yet")
	ErrClosed      = errors.New("the driver is closed")
)

// Error says which step failed for which task.
type Error struct {
	Op, Task string
	Err      error
}

func (e *Error) Error() string {
	if e.Task == "" {
		return fmt.Sprintf("oci: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("oci: %s task %s: %v", e.Op, e.Task, e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// ShimMain is `grue shim …`: the supervisor of a task, and the init and pause
// processes of containers. It returns the exit code.
func ShimMain(args []string) int { return shim.Main(args) }

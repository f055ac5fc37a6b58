package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Images is what the driver needs of grue's image store.
type Images interface {
	// Local tells whether a reference means grue's own registry.
	Local(ref string) bool
	// Resolve returns the digest that a reference points to.
	Resolve(ctx context.Context, ref string, auth runtime.RegistryAuth) (string, error)
	// Canonical is a reference by digest: "docker.io/library/nginx@sha256:…".
	Canonical(ref, digest string) (string, error)
	// Export writes a local image in the format of docker save, named name.
	Export(ctx context.Context, ref, digest, name string, w io.Writer) error
}

// Options make a Driver. Dir and Images are required.
type Options struct {
	Dir    string // records and logs
	Images Images
	// Host is the Engine's address; "" = DOCKER_HOST, else the usual sockets.
	Host string
	// Publish makes each port of an awsvpc task reachable on 127.0.0.1, for
	// Engines whose container addresses this machine cannot reach (macOS).
	Publish bool
	// Resolve has tasks that name no servers ask this machine, at the network's
	// gateway, where it has that address; see Resolver.
	Resolve bool
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
	ErrNoEngine = errors.New("no Docker Engine answers: start Docker or set DOCKER_HOST, or as root on Linux use --runtime oci")
	ErrRunning  = errors.New("the task has not stopped yet")
	ErrClosed   = errors.New("the driver is closed")
)

// Error says which step failed for which task.
type Error struct {
	Op, Task string
	Err      error
}

func (e *Error) Error() string {
	if e.Task == "" {
		return fmt.Sprintf("docker: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("docker: %s task %s: %v", e.Op, e.Task, e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func (o *Options) fill() error {
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return err
	}
	if o.PIDsLimit == 0 {
		o.PIDsLimit = 16384
	}
	if o.LogBytes == 0 {
		o.LogBytes = 16 << 20
	}
	if o.LogFiles == 0 {
		o.LogFiles = 3
	}
	if o.LogKeep == 0 {
		o.LogKeep = 24 * time.Hour
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// prefix begins the names of everything that belongs to a data directory.
func (o *Options) prefix() string {
	sum := sha256.Sum256([]byte(o.Dir))
	return "grue-" + hex.EncodeToString(sum[:4])
}

// Labels of everything that is ours in the Engine.
const (
	labelData      = "grue.data"
	labelTask      = "grue.task"
	labelContainer = "grue.container"
)

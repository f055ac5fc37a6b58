package runtime

import (
	"context"
	"io"
	"time"
)

// Driver runs tasks. All methods are safe for concurrent use.
type Driver interface {
	// Name is what `--runtime` calls the driver: "oci", "docker", "fake".
	Name() string

	// Start makes the task run. It returns once the request is durable, long
	// before the containers run; progress arrives through Watch. Repeating
	// Start for an id that exists is a no-op.
	Start(ctx context.Context, spec Spec) error

	// Stop begins an orderly stop: the stop signal to each container in
	// reverse dependency order, SIGKILL after its StopTimeout. Repeating Stop,
	// or stopping a task that has stopped, is a no-op. An unknown id is
	// ErrNotFound.
	Stop(ctx context.Context, id string) error

	// Remove frees everything that a STOPPED task still holds: mounts,
	// network, cgroup, files other than logs. Unknown ids are no error.
	Remove(ctx context.Context, id string) error

	// List tells the state of every task that the driver holds, running or
	// stopped and not yet removed.
	List(ctx context.Context) ([]Status, error)

	// Watch streams the state of tasks until ctx ends: first one Status for
	// each task that exists, then one at each change. The channel is closed at
	// the end. Slow readers see the newest state, not every state.
	Watch(ctx context.Context) <-chan Status

	// Exec runs a command in a running container of a task and returns its
	// exit code once its output is complete. When ctx ends the command is hung up
	// on and killed, where the driver can. A command that cannot be started is a
	// *StartError.
	Exec(ctx context.Context, id, container string, cmd []string, io ExecIO) (int, error)

	// Stats reads resource use of each container of a running task.
	Stats(ctx context.Context, id string) (map[string]Stats, error)

	// Close releases what the driver process itself holds. It stops no task.
	Close() error
}

// Flusher is a Driver that knows when output has arrived.
type Flusher interface {
	// Flush returns when everything that the containers of a running task wrote
	// before is in their LogFiles.
	Flush(ctx context.Context, id string) error
}

// ExecIO connects a command run by Exec and says how it runs. Nil members are
// discarded or empty.
type ExecIO struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer // a terminal writes everything to Stdout
	TTY            bool
	// Sizes are those of the terminal, until it is closed; nil = it has none.
	Sizes <-chan TerminalSize
	// User runs the command instead of the container's user: "0:0".
	User string
	// Env is added to the container's environment: KEY=VALUE.
	Env []string
}

// TerminalSize is the size of a terminal in characters.
type TerminalSize struct{ Cols, Rows uint16 }

// StartError tells why a command did not start; its text is about the command alone.
type StartError struct{ Err error }

func (e *StartError) Error() string { return e.Err.Error() }
func (e *StartError) Unwrap() error { return e.Err }

// Stats is the resource use of one container at one moment.
type Stats struct {
	At          time.Time
	CPU         time.Duration // total CPU time used since start
	MemoryBytes uint64
	MemoryLimit uint64 // 0 = none
	PIDs        uint64
	RxBytes     uint64 // of the task's network namespace
	TxBytes     uint64
}

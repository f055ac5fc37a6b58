package runtime

import (
	"errors"
	"time"
)

// ErrNotFound is answered for a task or container that the driver does not hold.
var ErrNotFound = errors.New("no such task")

// Phase is how far a task has come, seen from the driver.
type Phase string

// Phases in order; a task never goes back.
const (
	PhasePreparing Phase = "PREPARING" // pulling images, making the network
	PhaseStarting  Phase = "STARTING"  // containers being created and started
	PhaseRunning   Phase = "RUNNING"   // every essential container has started
	PhaseStopping  Phase = "STOPPING"  // stop signal sent
	PhaseStopped   Phase = "STOPPED"   // no process left
)

// Status is the whole state of one task.
type Status struct {
	ID    string
	Phase Phase
	// Seq grows with every change of this task, also across restarts.
	Seq uint64

	// IP is the task's own address (awsvpc, bridge); empty otherwise.
	IP, MAC, Gateway, Subnet string
	// NetNS is the path of the task's network namespace (awsvpc, bridge); empty
	// where this machine cannot enter it.
	NetNS string `json:",omitempty"`

	PullStarted, PullStopped time.Time
	Started                  time.Time // PhaseRunning reached
	Stopping                 time.Time // first stop signal
	ExecutionStopped         time.Time // last essential container ended
	Stopped                  time.Time

	// Fail is set when the task stopped by itself: why, in ECS's words.
	Fail *Failure

	Containers []ContainerStatus
}

// Failure tells why a task ended without having been told to.
type Failure struct {
	// Code is an ECS stopCode: TaskFailedToStart or EssentialContainerExited.
	Code string
	// Reason is a stoppedReason, for example
	// "CannotPullContainerError: …" or "Essential container in task exited".
	Reason string
}

// Health of a container or task, in ECS's words.
type Health string

// Health values.
const (
	HealthUnknown   Health = "UNKNOWN"
	HealthHealthy   Health = "HEALTHY"
	HealthUnhealthy Health = "UNHEALTHY"
)

// ContainerStatus is the state of one container.
type ContainerStatus struct {
	Name        string
	RuntimeID   string // the runtime's own id
	ImageDigest string // sha256:… that was used
	Status      string // PENDING, RUNNING or STOPPED
	ExitCode    *int
	Reason      string // ≤ 1024 characters, for example "OutOfMemoryError: Container killed due to memory usage"
	Health      Health
	HealthSince time.Time
	HealthExit  int
	HealthOut   string
	Created     time.Time
	Started     time.Time
	Finished    time.Time
	Restarts    int
	PID         int
	Ports       []PortBinding
	LogFile     string // JSON lines, see LogConfig
}

// PortBinding is a container port as it can be reached on this machine.
type PortBinding struct {
	BindIP          string
	Container, Host uint16
	Protocol        string
}

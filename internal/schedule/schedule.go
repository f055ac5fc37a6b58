package schedule

import "time"

// Phase is how far a task has come.
type Phase string

// Phases.
const (
	Pending  Phase = "PENDING"  // PROVISIONING, PENDING, ACTIVATING
	Running  Phase = "RUNNING"  // RUNNING
	Stopping Phase = "STOPPING" // asked to stop, not yet STOPPED
)

// Task is a task of the service as the scheduler sees it.
type Task struct {
	ID        string
	Rev       string
	AZ        string
	Phase     Phase
	Healthy   bool // counts as healthy: passes every gate
	Unhealthy bool // a health check condemned it, and no grace period holds
	Protected bool // task scale-in protection
	Created   time.Time
	Started   time.Time
	// UnhealthyWhy is the stoppedReason if it is stopped for its health.
	UnhealthyWhy string
}

// Goal is how many tasks of a revision there shall be in the end.
type Goal struct {
	Rev  string
	Want int
	// Peak is the most healthy tasks the revision had at once since the deployment started.
	Peak int
}

// Input is everything the scheduler decides from.
type Input struct {
	Now        time.Time
	Desired    int
	MinPercent int
	MaxPercent int
	// Goals in order of preference for launches; revisions not named here want 0.
	Goals     []Goal
	Primary   string
	Tasks     []Task
	AZs       []string // where a task may be placed, in order; empty = one nameless zone
	Deploying bool
	Frozen    map[string]bool // launch none of these: breaker, throttle
	Daemon    bool
}

// Plan is what to do now.
type Plan struct {
	Launch  []Launch
	Stop    []Stop
	Blocked Blocked
	// Targets is each revision's current desired count, as DescribeServices shows it:
	// PRIMARY starts at 0 and grows, the others shrink.
	Targets []Goal
}

// Launch is one task to start.
type Launch struct{ Rev, AZ string }

// Stop is one task to stop.
type Stop struct {
	TaskID string
	Why    Why
}

// Why a task is stopped.
type Why string

// Reasons.
const (
	ScaleIn    Why = "SCALE_IN"
	Replaced   Why = "REPLACED"   // by a task of another revision
	Unhealthy  Why = "UNHEALTHY"  // failed its health checks
	Superseded Why = "SUPERSEDED" // pending, and no longer wanted
)

// Blocked tells why the service cannot move although it must.
type Blocked struct {
	MinMax    bool // minimumHealthyPercent and maximumPercent leave no room
	Protected int  // so many tasks would be stopped but are protected
}

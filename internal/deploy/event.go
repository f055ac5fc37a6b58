package deploy

import (
	"encoding/json"
	"time"
)

// Event is something that happened. Events may be told twice, late or not at
// all: facts about tasks carry the task's id, observations their moment.
type Event interface{ event() }

// Start begins a PENDING deployment; the caller waits until the former one is terminal.
type Start struct {
	Desired int
	Counts  []Counts // the tasks of the revisions there are
	InAlarm []string // which of its alarms are in ALARM now
}

// Observed is what the service's tasks look like.
type Observed struct {
	Desired int
	Counts  []Counts
	At      time.Time // when it was true; zero = now
}

// DesiredChanged tells a new desiredCount.
type DesiredChanged struct{ N int }

// TaskFailed tells that a task ended, or is being replaced, against our will.
type TaskFailed struct {
	Rev            Rev
	TaskID         string
	ReachedRunning bool // it was RUNNING
	WasHealthy     bool // it was counted healthy before
	Cause          Cause
}

// Cause is why a task failed; it decides whether the circuit breaker counts it.
type Cause string

// Causes.
const (
	CauseStart     Cause = "START"     // image, secret, network, container create: before RUNNING
	CauseExit      Cause = "EXIT"      // an essential container exited
	CauseELB       Cause = "ELB"       // failed load balancer health checks
	CauseContainer Cause = "CONTAINER" // failed container health checks
	CauseRegistry  Cause = "REGISTRY"  // failed service discovery health
	CausePlacement Cause = "PLACEMENT" // no capacity: never counted
	CauseUser      Cause = "USER"      // StopTask: never counted
	CauseLost      Cause = "LOST"      // the machine or runtime lost it: never counted
)

// TaskHealthy tells that a task passed its health gates for the first time.
type TaskHealthy struct {
	Rev    Rev
	TaskID string
}

// StopType is StopServiceDeployment's stopType.
type StopType string

// Stop types.
const (
	StopRollback StopType = "ROLLBACK"
	StopAbort    StopType = "ABORT"
)

// StopCalled is the call StopServiceDeployment.
type StopCalled struct{ Type StopType }

// Superseded tells that a newer service deployment replaces this one.
type Superseded struct{ By string }

// ServiceDeleted tells that the service is being deleted.
type ServiceDeleted struct{}

// Tick tells only the time. One is due at WakeAt; more do no harm.
type Tick struct {
	// Repeat asks to be told again what is outstanding, as after a restart of the caller.
	Repeat bool
}

// AlarmState is an alarm's state: OK, ALARM or INSUFFICIENT_DATA.
type AlarmState struct{ Name, State string }

// RouteAcked tells that every proxy serves the weights of this Version.
type RouteAcked struct{ Version int }

// RouteFailed tells that the weights could not be set, or were not as they must be.
type RouteFailed struct {
	Version int
	Reason  string // sentence for statusReason, after the prefix
	Network bool   // invalid networking configuration, rather than a failed shift
	// Permanent tells that trying again is useless: a rule or target group is gone.
	// A rollback then goes on without it, and ends ROLLBACK_FAILED.
	Permanent bool
	// Lost tells that the target, which gets production traffic, has no task left.
	// Reason completes "Service deployment rolled back because …".
	Lost bool
}

// HookResult is a hook's answer to one call.
type HookResult struct {
	Execution string // Hook.Execution
	Call      int    // Hook.Call that it answers
	Status    HookStatus
	Delay     time.Duration   // callBackDelay; 0 = 30 s
	Details   json.RawMessage // merged hookDetails
	Error     string          // why the call itself failed, as a sentence; then Status is ignored
}

// Continue is the call ContinueServiceDeployment.
type Continue struct {
	HookID string
	Action HookAction
}

func (Start) event()          {}
func (Observed) event()       {}
func (DesiredChanged) event() {}
func (TaskFailed) event()     {}
func (TaskHealthy) event()    {}
func (StopCalled) event()     {}
func (Superseded) event()     {}
func (ServiceDeleted) event() {}
func (Tick) event()           {}
func (AlarmState) event()     {}
func (RouteAcked) event()     {}
func (RouteFailed) event()    {}
func (HookResult) event()     {}
func (Continue) event()       {}

package state

import (
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Decision is what a person decided about a deployment. The API writes it in the
// transaction that the decision is in force with.
type Decision struct {
	At     time.Time
	Action DecisionAction
	// HookID and Stage are those of the PAUSE hook that was answered; Stage alone
	// is where the deployment was.
	HookID string `json:",omitempty"`
	Stage  string `json:",omitempty"`
	By     string // ARN of the caller
	// From is how the call came and from which address: "dashboard 127.0.0.1".
	From   string
	Reason string `json:",omitempty"`
	// Other is the service deployment that this one gives way to (SUPERSEDE).
	Other string `json:",omitempty"`
}

// DecisionAction is what was decided.
type DecisionAction string

// Actions.
const (
	DecidedContinue  DecisionAction = "CONTINUE"  // ContinueServiceDeployment
	DecidedRollback  DecisionAction = "ROLLBACK"  // ContinueServiceDeployment with ROLLBACK: rejected
	DecidedStop      DecisionAction = "STOP"      // StopServiceDeployment: rolls back
	DecidedAbort     DecisionAction = "ABORT"     // StopServiceDeployment with ABORT: stays where it is
	DecidedStart     DecisionAction = "START"     // CreateService, UpdateService: this deployment
	DecidedRetry     DecisionAction = "RETRY"     // the same, once more
	DecidedRevision  DecisionAction = "REVISION"  // the same, back to a former revision
	DecidedSupersede DecisionAction = "SUPERSEDE" // UpdateService: a newer deployment, Other
)

// Decide adds a decision to a copy of a deployment.
func (d *Deployment) Decide(x Decision) {
	if x.Stage == "" {
		x.Stage = string(d.Machine.LifecycleStage())
	}
	d.Decisions = append(slices.Clip(d.Decisions), x)
}

// What the events of decisions are called in the history and for rules of
// EventBridge.
const (
	DecisionSource = "grue.ecs"
	DecisionDetail = "Deployment Decision"
)

// Sentence tells the decision about service deployment id for a service event.
func (x *Decision) Sentence(id string) string {
	s := "(service deployment " + id + ") " + decided[x.Action]
	if x.Action == DecidedSupersede {
		s += " " + x.Other
	}
	if x.HookID != "" && x.Stage != "" {
		s += " at " + x.Stage
	}
	if x.By != "" {
		s += " by " + x.By
	}
	if x.From != "" {
		s += " from " + x.From
	}
	if x.Reason == "" {
		return s + "."
	}
	return s + ": " + x.Reason
}

var decided = map[DecisionAction]string{
	DecidedContinue: "was approved", DecidedRollback: "was rejected", DecidedStop: "was stopped", DecidedAbort: "was aborted",
	DecidedStart: "was started", DecidedRetry: "was started as a retry", DecidedRevision: "was started to return to a former revision",
	DecidedSupersede: "was replaced with", // Other
}

// Steers tells whether the decision is what made a deployment fail in this way.
func (x *Decision) Steers(kind deploy.FailureKind) bool {
	switch x.Action {
	case DecidedRollback, DecidedStop:
		return kind == deploy.FailStop
	case DecidedAbort:
		return kind == deploy.FailAbort
	}
	return false
}

package deploy

import (
	"encoding/json"
	"time"
)

// Hook is one execution of a lifecycle hook in a stage.
type Hook struct {
	ID        string          `json:"id"` // hookId, "ecs-pause-…" or "ecs-lambda-…"
	Config    int             `json:"config"`
	Type      HookType        `json:"type"`
	Stage     Stage           `json:"stage"`
	Step      int             `json:"step"`
	Execution string          `json:"execution"` // executionId, a UUID, the same for every call
	Status    HookStatus      `json:"status"`
	Call      int             `json:"call"` // how many times it was called
	NextCall  time.Time       `json:"nextCall,omitzero"`
	ExpiresAt time.Time       `json:"expiresAt"`
	Details   json.RawMessage `json:"details,omitempty"` // from its own answers
	Undo      bool            `json:"undo,omitempty"`    // runs again because of a rollback
	Error     string          `json:"error,omitempty"`   // why it failed, as a sentence
}

// HookStatus is the status of a hook execution, and of a hook's answer.
type HookStatus string

// Hook statuses.
const (
	HookAwaitingAction HookStatus = "AWAITING_ACTION"
	HookInProgress     HookStatus = "IN_PROGRESS"
	HookSucceeded      HookStatus = "SUCCEEDED"
	HookFailed         HookStatus = "FAILED"
	HookTimedOut       HookStatus = "TIMED_OUT"
)

// Open tells whether the stage still waits for it.
func (h *Hook) Open() bool { return h.Status == HookAwaitingAction || h.Status == HookInProgress }

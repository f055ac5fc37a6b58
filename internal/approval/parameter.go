package approval

import (
	"cmp"
	"encoding/json"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Parameter is an SSM parameter that a lifecycle hook reads a decision from. A
// hook says so in its hookDetails:
//
//	{"approval": {"parameter": "/web/go", "asked": "asked", "approved": "approved", "rejected": "rejected"}}
//
// The three values may be left out; then {"parameter": "/web/go"} says the same.
// The approval is pending from the first answer IN_PROGRESS of the hook on, while
// the parameter has the value asked.
type Parameter struct {
	Name     string `json:"parameter"`
	Asked    string `json:"asked"`
	Approved string `json:"approved"`
	Rejected string `json:"rejected"`
}

// parameterOf is the parameter that an open hook waits for; nil = it waits for
// something else.
func parameterOf(tx *store.Tx, d *state.Deployment, h *deploy.Hook) *Parameter {
	if h.Call == 0 || h.Call == 1 && h.NextCall.IsZero() {
		return nil // it has not answered yet
	}
	p := parseParameter(h.Details)
	if p == nil {
		return nil
	}
	value, ok := secret.GetParameter(tx, d.Scope, p.Name)
	if !ok || value.Latest().Sealed != nil || value.Latest().Value != p.Asked {
		return nil
	}
	return p
}

// parseParameter reads hookDetails; nil = they name no approval.
func parseParameter(details json.RawMessage) *Parameter {
	var doc struct {
		Parameter any        `json:"parameter"`
		Approval  *Parameter `json:"approval"`
	}
	if len(details) == 0 || json.Unmarshal(details, &doc) != nil {
		return nil
	}
	p := Parameter{}
	if doc.Approval != nil {
		p = *doc.Approval
	} else {
		p.Name, _ = doc.Parameter.(string)
	}
	if p.Name == "" {
		return nil
	}
	p.Asked, p.Approved, p.Rejected = cmp.Or(p.Asked, "asked"), cmp.Or(p.Approved, "approved"), cmp.Or(p.Rejected, "rejected")
	return &p
}

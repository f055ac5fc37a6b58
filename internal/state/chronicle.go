package state

import (
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/store"
)

// Chronicle is what a service deployment has been through, for people to look at:
// its machine knows only the present. The engine writes it in the transaction of
// each step, but for Served.
type Chronicle struct {
	Stages []StageNote `json:",omitempty"` // in order; one that was passed at once is missing
	Shifts []ShiftNote `json:",omitempty"`
	Hooks  []HookNote  `json:",omitempty"`
	// Served counts what the target's tasks answered while the deployment ran; nil =
	// not measured. The dashboard's package writes it.
	Served *ServedNote `json:",omitempty"`
}

// StageNote is a time in a lifecycle stage.
type StageNote struct {
	Stage deploy.Stage
	Step  int  `json:",omitempty"`
	Undo  bool `json:",omitempty"` // on the way back
	Began time.Time
	Ended time.Time `json:",omitzero"`
}

// ShiftNote is a change of weights. The first one is how traffic was at the start.
type ShiftNote struct {
	At         time.Time
	Acked      time.Time `json:",omitzero"` // every proxy serves it since
	Production []deploy.Share
	Test       []deploy.Share `json:",omitempty"`
}

// HookNote is an execution of a lifecycle hook, as it was last. One whose
// deployment turned or ended before it answered has the status HookAbandoned.
type HookNote struct {
	deploy.Hook
	Began time.Time
	Ended time.Time `json:",omitzero"`
}

// HookAbandoned is the status of a hook that nobody waits for any more.
const HookAbandoned deploy.HookStatus = "ABANDONED"

// ServedNote counts answers.
type ServedNote struct {
	Requests, Errors4xx, Errors5xx uint64
}

// maxNotes bounds each list of a chronicle; of too many the oldest go.
const maxNotes = 1000

// Chronicles by the key of the deployment.
var Chronicles = store.NewTable[Chronicle]("ecs.chronicle")

// Note adds to the chronicle of a deployment what its last step changed.
func Note(tx *store.Tx, d *Deployment, now time.Time) {
	c := Chronicle{}
	if old, ok := Chronicles.Get(tx, d.Key()); ok {
		c = *old
	}
	stages, shifts, hooks := c.noteStage(&d.Machine, now), c.noteShift(&d.Machine, now), c.noteHooks(d, now)
	if stages || shifts || hooks {
		Chronicles.Put(tx, d.Key(), &c)
	}
}

func (c *Chronicle) noteStage(m *deploy.Deployment, now time.Time) bool {
	over := m.Status.Terminal()
	undo := m.Rollback != nil && !m.StartedAt.IsZero()
	last := len(c.Stages) - 1
	if last >= 0 {
		s := c.Stages[last]
		same := s.Stage == m.Stage && s.Step == m.Step && s.Undo == undo
		if same && !over || !s.Ended.IsZero() && over {
			return false
		}
		c.Stages = slices.Clone(c.Stages)
		c.Stages[last].Ended = now
	}
	if over || m.Stage == "" {
		return last >= 0
	}
	began := m.StageEntered
	if began.IsZero() {
		began = now
	}
	c.Stages = trim(append(c.Stages, StageNote{Stage: m.Stage, Step: m.Step, Undo: undo, Began: began}))
	return true
}

func (c *Chronicle) noteShift(m *deploy.Deployment, now time.Time) bool {
	t := &m.Traffic
	if len(t.Production) == 0 {
		return false
	}
	last := len(c.Shifts) - 1
	if last < 0 || !slices.Equal(c.Shifts[last].Production, t.Production) || !slices.Equal(c.Shifts[last].Test, t.Test) {
		s := ShiftNote{At: now, Production: slices.Clone(t.Production), Test: slices.Clone(t.Test)}
		if t.Acked == t.Version {
			s.Acked = now
		}
		c.Shifts = trim(append(slices.Clip(c.Shifts), s))
		return true
	}
	if c.Shifts[last].Acked.IsZero() && t.Acked == t.Version {
		c.Shifts = slices.Clone(c.Shifts)
		c.Shifts[last].Acked = now
		return true
	}
	return false
}

func (c *Chronicle) noteHooks(d *Deployment, now time.Time) (changed bool) {
	m := &d.Machine
	if len(c.Hooks)+len(m.Hooks) == 0 {
		return false
	}
	list := slices.Clone(c.Hooks)
	for i := range list {
		h := &list[i]
		if h.Open() && !slices.ContainsFunc(m.Hooks, func(x deploy.Hook) bool { return x.Execution == h.Execution }) {
			h.Status, h.Error = outcome(d, &h.Hook, now)
			h.Ended, changed = now, true
		}
	}
	for _, h := range m.Hooks {
		i := slices.IndexFunc(list, func(x HookNote) bool { return x.Execution == h.Execution })
		if i < 0 {
			i, list = len(list), append(list, HookNote{Began: now})
		}
		n := &list[i]
		if n.Status == h.Status && n.Call == h.Call && n.NextCall.Equal(h.NextCall) {
			continue
		}
		n.Hook, changed = h, true
		if !h.Open() {
			n.Ended = now
		}
	}
	if changed {
		c.Hooks = trim(list)
	}
	return changed
}

// outcome infers how a hook ended that the machine forgot in the step in which it
// ended: it goes on only when every hook succeeded or may time out.
func outcome(d *Deployment, h *deploy.Hook, now time.Time) (deploy.HookStatus, string) {
	f := d.Machine.Failure
	rejected := slices.ContainsFunc(d.Answers, func(a HookAnswer) bool {
		return a.HookID == h.ID && a.Action == string(deploy.ActionRollback)
	})
	target := ""
	if h.Config < len(d.Machine.Config.Hooks) {
		target = d.Machine.Config.Hooks[h.Config].Target
	}
	switch {
	case rejected:
		return deploy.HookFailed, ""
	case !h.ExpiresAt.After(now):
		return deploy.HookTimedOut, ""
	case f == nil || h.Undo:
		return deploy.HookSucceeded, ""
	case f.Kind == deploy.FailHook && target != "" && strings.Contains(f.Text, target):
		return deploy.HookFailed, f.Text
	}
	return HookAbandoned, ""
}

// trim keeps the newest notes.
func trim[T any](list []T) []T { return list[max(len(list)-maxNotes, 0):] }

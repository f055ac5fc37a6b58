package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// teller collects the lines of a deployment's log. Keys sort by time.
type teller struct {
	lines map[string]*EventItem
	same  map[string]int // lines of the same moment and kind
}

func (t *teller) tell(at time.Time, kind, tone, format string, args ...any) {
	if at.IsZero() {
		return
	}
	key := fmt.Sprintf("event/%014d-%s", at.UnixMilli(), kind)
	t.same[key]++
	if n := t.same[key]; n > 1 {
		key += "-" + strconv.Itoa(n)
	}
	t.lines[key] = &EventItem{At: At(at), Message: fmt.Sprintf(format, args...), Kind: kind, Tone: tone}
}

// story is the log of a deployment: what its chronicle, its decisions and the events
// of its service tell of the time in which it ran.
func story(svc *state.Service, d *state.Deployment, c *state.Chronicle) map[string]*EventItem {
	t := &teller{map[string]*EventItem{}, map[string]int{}}
	m := &d.Machine
	for _, s := range c.Stages {
		word := ""
		if s.Undo {
			word = " (on the way back)"
		}
		t.tell(s.Began, "stage", "info", "%s begins%s.", s.Stage, word)
	}
	for i, s := range c.Shifts {
		t.shift(m, s, i)
	}
	for i := range c.Hooks {
		t.hook(m, &c.Hooks[i])
	}
	for _, x := range d.Decisions {
		words := x.Sentence(d.ID)
		t.tell(x.At, "decision", tone(words), "%s", strings.TrimPrefix(words, "(service deployment "+d.ID+") "))
	}
	t.end(m)
	end := ended(m)
	for i := range svc.Events {
		e := &svc.Events[i]
		if e.Created.Before(d.Created) || !end.IsZero() && e.Created.After(end.Add(time.Second)) || strings.Contains(e.Message, "(service deployment ") {
			continue
		}
		t.tell(e.Created, "service", tone(e.Message), "%s", e.Message)
	}
	return t.lines
}

func (t *teller) shift(m *deploy.Deployment, s state.ShiftNote, i int) {
	words := "Production traffic: green " + percent(shareOf(s.Production, m.Target))
	if len(s.Test) > 0 {
		words += ", test traffic: green " + percent(shareOf(s.Test, m.Target))
	}
	tone := "info"
	if shareOf(s.Production, m.Target) == 100 {
		tone = "good"
	}
	if i == 0 {
		words += " (as the deployment begins)"
	}
	t.tell(s.At, "weights", tone, "%s.", words)
	if took := s.Acked.Sub(s.At); took >= 100*time.Millisecond {
		t.tell(s.Acked, "weights", "info", "Every proxy serves the new weights, %d ms later.", took.Milliseconds())
	}
}

func (t *teller) hook(m *deploy.Deployment, h *state.HookNote) {
	name := "The pause"
	if h.Config < len(m.Config.Hooks) && h.Type == deploy.Lambda {
		name = "The hook " + hookName(m.Config.Hooks[h.Config].Target)
	}
	t.tell(h.Began, "hook", "info", "%s of %s begins.", name, h.Stage)
	ends := map[deploy.HookStatus][2]string{
		deploy.HookSucceeded: {"good", "succeeded"}, deploy.HookFailed: {"bad", "failed"}, deploy.HookTimedOut: {"warn", "timed out"},
		state.HookAbandoned: {"warn", "was abandoned"},
	}
	if x, ok := ends[h.Status]; ok {
		t.tell(h.Ended, "hook", x[0], "%s of %s %s.", name, h.Stage, x[1])
	}
}

// end tells how a deployment turned and ended.
func (t *teller) end(m *deploy.Deployment) {
	if f := m.Failure; f != nil {
		kind := "stage"
		if f.Kind == deploy.FailAlarm {
			kind = "alarm"
		}
		t.tell(f.At, kind, "bad", "%s", f.Text)
	}
	if !m.Status.Terminal() {
		return
	}
	tone := "bad"
	if m.Status == deploy.Successful {
		tone = "good"
	}
	t.tell(ended(m), "end", tone, "The deployment is %s.", m.Status)
}

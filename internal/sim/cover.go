package sim

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Strategies are all there are.
var Strategies = []deploy.Strategy{deploy.Rolling, deploy.BlueGreen, deploy.Canary, deploy.Linear}

// Pair is an event that met a deployment in a stage.
type Pair struct {
	Strategy deploy.Strategy
	Stage    string // status, and stage where one is
	Event    string
}

// Turn is a status that a deployment took, and why.
type Turn struct {
	Strategy deploy.Strategy
	Status   deploy.Status
	Why      deploy.FailureKind
}

// Coverage counts which pairs were reached, how deployments turned, and how many there were.
type Coverage struct {
	Pairs       map[Pair]int
	Turns       map[Turn]int
	Deployments int
}

// NewCoverage counts from zero.
func NewCoverage() *Coverage { return &Coverage{Pairs: map[Pair]int{}, Turns: map[Turn]int{}} }

func (c *Coverage) add(d *deploy.Deployment, ev deploy.Event) {
	if c != nil {
		c.Pairs[Pair{d.Strategy, Place(d), reflect.TypeOf(ev).Name()}]++
	}
}

func (c *Coverage) turn(d *deploy.Deployment) {
	if c == nil {
		return
	}
	t := Turn{Strategy: d.Strategy, Status: d.Status}
	if d.Failure != nil {
		t.Why = d.Failure.Kind
	}
	c.Turns[t]++
	if d.Status.Terminal() {
		c.Deployments++
	}
}

// Place names where a deployment is.
func Place(d *deploy.Deployment) string {
	switch d.Status {
	case deploy.InProgress, deploy.RollbackInProgress:
		return string(d.Status) + " " + string(d.Stage)
	}
	return string(d.Status)
}

// Merge adds what another count reached.
func (c *Coverage) Merge(o *Coverage) {
	for p, n := range o.Pairs {
		c.Pairs[p] += n
	}
	for t, n := range o.Turns {
		c.Turns[t] += n
	}
	c.Deployments += o.Deployments
}

// Events are the names of every event.
var Events = []string{
	"Start", "Observed", "Tick", "DesiredChanged", "TaskFailed", "TaskHealthy", "AlarmState",
	"StopCalled", "Superseded", "ServiceDeleted", "HookResult", "Continue", "RouteAcked", "RouteFailed",
}

// failures are what may turn a deployment, in the order of the table.
var failures = []deploy.FailureKind{
	"", deploy.FailBreaker, deploy.FailAlarm, deploy.FailHook, deploy.FailTimeout,
	deploy.FailNetwork, deploy.FailStop, deploy.FailAbort, deploy.FailReplace,
}

// LegalTurns are the statuses that deployments of a strategy can take for a reason, §2.2 and §2.4.
func LegalTurns(s deploy.Strategy) []Turn {
	out := []Turn{{s, deploy.InProgress, ""}, {s, deploy.Successful, ""}, {s, deploy.Stopped, ""}, {s, deploy.RollbackRequested, deploy.FailStop}}
	for _, why := range failures[1:] {
		shiftOnly := why == deploy.FailTimeout || why == deploy.FailNetwork
		asked := why == deploy.FailStop || why == deploy.FailAbort || why == deploy.FailReplace
		watch := why == deploy.FailBreaker || why == deploy.FailAlarm
		if s == deploy.Rolling && shiftOnly {
			continue
		}
		if !asked || why == deploy.FailStop {
			out = append(out, Turn{s, deploy.RollbackInProgress, why}, Turn{s, deploy.RollbackSuccessful, why}, Turn{s, deploy.RollbackFailed, why})
		}
		if watch || asked && why != deploy.FailStop {
			out = append(out, Turn{s, deploy.StopRequested, why}, Turn{s, deploy.Stopped, why})
		}
	}
	return append(out, Turn{s, deploy.Stopped, deploy.FailStop}) // nothing to go back to
}

// TurnTable shows how one strategy's deployments turned.
func (c *Coverage) TurnTable(s deploy.Strategy) string {
	var b strings.Builder
	legal := LegalTurns(s)
	fmt.Fprintf(&b, "%-24s", s)
	for _, why := range failures {
		fmt.Fprintf(&b, " %15.15s", why)
	}
	for _, status := range []deploy.Status{
		deploy.InProgress, deploy.Successful, deploy.StopRequested, deploy.Stopped,
		deploy.RollbackRequested, deploy.RollbackInProgress, deploy.RollbackSuccessful, deploy.RollbackFailed,
	} {
		fmt.Fprintf(&b, "\n%-24s", status)
		for _, why := range failures {
			t := Turn{s, status, why}
			n := fmt.Sprint(c.Turns[t])
			if n == "0" && !slices.Contains(legal, t) {
				n = "-"
			}
			fmt.Fprintf(&b, " %15s", n)
		}
	}
	return b.String()
}

// Missing names what a strategy can do and never did.
func (c *Coverage) Missing(s deploy.Strategy) []string {
	var out []string
	for _, p := range Legal(s) {
		if c.Pairs[p] == 0 {
			out = append(out, fmt.Sprintf("%s: %s meets %s", p.Strategy, p.Stage, p.Event))
		}
	}
	for _, t := range LegalTurns(s) {
		if c.Turns[t] == 0 {
			out = append(out, fmt.Sprintf("%s: %s by %s", t.Strategy, t.Status, t.Why))
		}
	}
	return out
}

// Table shows one strategy's pairs.
func (c *Coverage) Table(s deploy.Strategy) string {
	var places []string
	for p := range c.Pairs {
		if p.Strategy == s && !slices.Contains(places, p.Stage) {
			places = append(places, p.Stage)
		}
	}
	order := resting(s)
	slices.SortFunc(places, func(x, y string) int { return slices.Index(order, x) - slices.Index(order, y) })
	var b strings.Builder
	fmt.Fprintf(&b, "%-52s", s)
	legal := Legal(s)
	for _, e := range Events {
		fmt.Fprintf(&b, " %9.9s", e)
	}
	for _, place := range places {
		fmt.Fprintf(&b, "\n%-52s", place)
		for _, e := range Events {
			n, p := fmt.Sprint(c.Pairs[Pair{s, place, e}]), Pair{s, place, e}
			if n == "0" && !slices.Contains(legal, p) {
				n = "-"
			}
			fmt.Fprintf(&b, " %9s", n)
		}
	}
	return b.String()
}

// short is a place in scripts: the stage, with < on the way back, or the status.
func short(d *deploy.Deployment) string {
	switch d.Status {
	case deploy.InProgress:
		return string(d.Stage)
	case deploy.RollbackInProgress:
		return "<" + string(d.Stage)
	}
	return string(d.Status)
}

// resting are all places of a strategy at which an event may meet a deployment, in order.
func resting(s deploy.Strategy) []string {
	out := []string{"PENDING"}
	for _, stage := range forward(s) {
		out = append(out, "IN_PROGRESS "+stage)
	}
	for _, stage := range backward(s) {
		out = append(out, "ROLLBACK_IN_PROGRESS "+stage[1:])
	}
	return append(out, "STOP_REQUESTED", "ROLLBACK_REQUESTED")
}

// Legal are the pairs that can occur: every event may meet a deployment at every place, for
// calls and messages come at any moment, late and twice; but what begins is pending,
// nobody answers what was not asked yet, and a rolling deployment sets no weights.
func Legal(s deploy.Strategy) []Pair {
	var out []Pair
	for _, place := range resting(s) {
		for _, e := range Events {
			hook := e == "HookResult" || e == "Continue"
			switch {
			case e == "Start" && place != "PENDING" && place != "ROLLBACK_REQUESTED":
			case (hook || e == "RouteAcked") && place == "PENDING":
			case s == deploy.Rolling && (e == "RouteAcked" || e == "RouteFailed"):
			default:
				out = append(out, Pair{s, place, e})
			}
		}
	}
	return out
}

package sim

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Pair is an event that met a deployment in a stage.
type Pair struct {
	Strategy deploy.Strategy
	Stage    string // status, and stage where one is
	Event    string
}

// Coverage counts which pairs were reached.
type Coverage struct{ Pairs map[Pair]int }

// NewCoverage counts from zero.
func NewCoverage() *Coverage { return &Coverage{Pairs: map[Pair]int{}} }

func (c *Coverage) add(d *deploy.Deployment, ev deploy.Event) {
	if c == nil {
		return
	}
	c.Pairs[Pair{d.Strategy, Place(d), reflect.TypeOf(ev).Name()}]++
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
}

// Events are the names of every event.
var Events = []string{
	"Start", "Observed", "Tick", "DesiredChanged", "TaskFailed", "TaskHealthy", "AlarmState",
	"StopCalled", "Superseded", "ServiceDeleted", "HookResult", "Continue", "RouteAcked", "RouteFailed",
}

// Table shows one strategy's pairs.
func (c *Coverage) Table(s deploy.Strategy) string {
	var places []string
	for p := range c.Pairs {
		if p.Strategy == s && !slices.Contains(places, p.Stage) {
			places = append(places, p.Stage)
		}
	}
	slices.Sort(places)
	var b strings.Builder
	fmt.Fprintf(&b, "%-52s", s)
	for _, e := range Events {
		fmt.Fprintf(&b, " %9.9s", e)
	}
	for _, place := range places {
		fmt.Fprintf(&b, "\n%-52s", place)
		for _, e := range Events {
			fmt.Fprintf(&b, " %9d", c.Pairs[Pair{s, place, e}])
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

package engine

import (
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// TestTakenOut: a target is taken out when the round sees that it is, not when
// the disk does not have it yet.
func TestTakenOut(t *testing.T) {
	w := newWorld(t)
	gone := elb.HealthState{State: elb.Unused, Reason: "Target.NotRegistered"}
	x := state.Target{Group: "g", ID: "10.0.0.1", Port: 80, State: TargetRegistered}
	w.update(func(tx *store.Tx) {
		r := &round{tx: tx}
		if r.takenOut(x, gone) {
			t.Error("taken out of a group that does not stand")
		}
		elb.PutGroup(tx, &elb.TargetGroup{ARN: "g", Port: 80})
		if !r.takenOut(x, gone) {
			t.Error("not registered, but not taken out")
		}
		if err := elb.Register(tx, elb.Target{Group: "g", ID: x.ID, Port: x.Port}); err != nil {
			t.Error(err)
		}
		if r.takenOut(x, gone) {
			t.Error("taken out although it was just registered")
		}
		if _, err := elb.Deregister(tx, "g", x.ID, x.Port, time.Now()); err != nil {
			t.Error(err)
		}
		if !r.takenOut(x, gone) {
			t.Error("deregistered, but not taken out")
		}
		if r.takenOut(x, elb.HealthState{State: elb.Healthy}) {
			t.Error("healthy, but taken out")
		}
		x.State = TargetDraining
		if r.takenOut(x, gone) {
			t.Error("the engine itself took it out")
		}
	})
}

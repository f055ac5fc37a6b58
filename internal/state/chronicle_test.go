package state_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func TestChronicle(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	d := &state.Deployment{Scope: arn.Scope{Account: "1", Region: "r"}, Cluster: "c", Service: "s", ID: "d"}
	m := &d.Machine
	shares := func(green int) []deploy.Share {
		return []deploy.Share{{Rev: "1", Tenths: 1000 - green}, {Rev: "2", Tenths: green}}
	}
	minute := 0
	note := func() {
		t.Helper()
		now := start.Add(time.Duration(minute) * time.Minute)
		minute++
		if err := st.Update(func(tx *store.Tx) error { state.Note(tx, d, now); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	m.Status, m.StartedAt, m.Stage = deploy.InProgress, start, deploy.ScaleUp
	m.Traffic.Production = shares(0)
	note() // 0
	m.Stage = deploy.PostScaleUp
	m.Config.Hooks = []deploy.HookConfig{{Type: deploy.Lambda, Target: "f"}, {Type: deploy.Pause}}
	m.Hooks = []deploy.Hook{{Execution: "a", Type: deploy.Lambda, Status: deploy.HookInProgress, ExpiresAt: start.Add(time.Hour)}}
	note() // 1
	m.Stage, m.Hooks = deploy.ProductionShift, nil
	m.Traffic.Production, m.Traffic.Version = shares(100), 1
	note() // 2
	m.Traffic.Acked = 1
	note() // 3
	m.Stage, m.Step = deploy.PreProductionShift, 1
	m.Hooks = []deploy.Hook{{ID: "p", Execution: "b", Config: 1, Type: deploy.Pause, Status: deploy.HookAwaitingAction, ExpiresAt: start.Add(time.Hour)}}
	note() // 4
	d.Answers = []state.HookAnswer{{HookID: "p", Action: "ROLLBACK"}}
	m.Hooks, m.Failure = nil, &deploy.Failure{Kind: deploy.FailStop}
	m.Status, m.Stage, m.Rollback = deploy.RollbackInProgress, deploy.ProductionShift, &deploy.Rollback{}
	m.Traffic.Production, m.Traffic.Version = shares(0), 2
	note() // 5
	m.Status = deploy.RollbackSuccessful
	note() // 6
	note() // 7: nothing more happens

	var c *state.Chronicle
	st.View(func(tx *store.Tx) { c, _ = state.Chronicles.Get(tx, d.Key()) })
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	want := []state.StageNote{
		{Stage: deploy.ScaleUp, Began: at(0), Ended: at(1)},
		{Stage: deploy.PostScaleUp, Began: at(1), Ended: at(2)},
		{Stage: deploy.ProductionShift, Began: at(2), Ended: at(4)},
		{Stage: deploy.PreProductionShift, Step: 1, Began: at(4), Ended: at(5)},
		{Stage: deploy.ProductionShift, Step: 1, Undo: true, Began: at(5), Ended: at(6)},
	}
	if len(c.Stages) != len(want) {
		t.Fatalf("stages: %+v", c.Stages)
	}
	for i, s := range c.Stages {
		if s != want[i] {
			t.Errorf("stage %d: %+v, want %+v", i, s, want[i])
		}
	}
	if len(c.Shifts) != 3 || !c.Shifts[1].Acked.Equal(at(3)) || c.Shifts[1].Production[1].Tenths != 100 || !c.Shifts[2].At.Equal(at(5)) {
		t.Errorf("shifts: %+v", c.Shifts)
	}
	if len(c.Hooks) != 2 || c.Hooks[0].Status != deploy.HookSucceeded || c.Hooks[1].Status != deploy.HookFailed || !c.Hooks[1].Ended.Equal(at(5)) {
		t.Errorf("hooks: %+v", c.Hooks)
	}
}

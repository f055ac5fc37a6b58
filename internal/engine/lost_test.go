package engine

import (
	"testing"

	"github.com/grue-ecs/grue/internal/deploy"
)

func TestGreenLost(t *testing.T) {
	before := func() *deploy.Deployment {
		return &deploy.Deployment{
			Target: "2", Status: deploy.InProgress, Stage: deploy.BakeTime, Desired: 2,
			Counts:  []deploy.Counts{{Rev: "1", Running: 2, Healthy: 2}, {Rev: "2", Running: 2, Healthy: 2}},
			Traffic: deploy.Traffic{Blue: "1", Production: []deploy.Share{{Rev: "1", Tenths: 999}, {Rev: "2", Tenths: 1}}},
		}
	}
	for _, c := range []struct {
		name        string
		change      func(*deploy.Deployment)
		blue, green deploy.Counts
		want        bool
	}{
		{"the last task is gone", nil, deploy.Counts{Running: 2, Healthy: 2}, deploy.Counts{Pending: 2, Stopping: 1}, true},
		{"one is left", nil, deploy.Counts{Running: 2, Healthy: 2}, deploy.Counts{Running: 1, Pending: 1}, false},
		{"one is left, sick", nil, deploy.Counts{Running: 2, Healthy: 2}, deploy.Counts{Running: 1}, false},
		{"blue is gone, too", nil, deploy.Counts{Pending: 2}, deploy.Counts{Pending: 2}, false},
		{"green has no traffic", func(d *deploy.Deployment) { d.Traffic.Production[1].Tenths = 0 }, deploy.Counts{Healthy: 2}, deploy.Counts{}, false},
		{"it had none before", func(d *deploy.Deployment) { d.Counts[1] = deploy.Counts{Rev: "2", Pending: 2} }, deploy.Counts{Healthy: 2}, deploy.Counts{Pending: 2}, false},
		{"blue leaves", func(d *deploy.Deployment) { d.Stage = deploy.CleanUp }, deploy.Counts{Healthy: 1}, deploy.Counts{}, false},
		{"nobody is wanted", func(d *deploy.Deployment) { d.Desired = 0 }, deploy.Counts{Healthy: 1}, deploy.Counts{}, false},
		{"it goes back already", func(d *deploy.Deployment) { d.Status = deploy.RollbackInProgress }, deploy.Counts{Healthy: 2}, deploy.Counts{}, false},
		{"a first deployment", func(d *deploy.Deployment) { d.Traffic.Blue = "" }, deploy.Counts{Healthy: 2}, deploy.Counts{}, false},
	} {
		d := before()
		if c.change != nil {
			c.change(d)
		}
		c.blue.Rev, c.green.Rev = "1", "2"
		if got := greenLost(d, []deploy.Counts{c.blue, c.green}); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

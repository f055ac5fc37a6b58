package ecs

import (
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// because lets calls be made for a reason, from somewhere.
func (w *world) because(d wire.Decision) { w.ctx = wire.WithDecision(w.ctx, d) }

// newest is the deployment in progress of a service.
func (w *world) newest(name string) (d *state.Deployment) {
	w.Helper()
	w.st.View(func(tx *store.Tx) {
		svc, _ := state.Services.Get(tx, home.Key("default", name))
		d, _ = state.Deployments.Get(tx, svc.Key()+"/"+svc.Deployment)
	})
	return d
}

// told tells whether a service event of web has a text.
func (w *world) told(text string) bool {
	w.Helper()
	for _, e := range w.describe("web").Events {
		if strings.Contains(*e.Message, text) {
			return true
		}
	}
	return false
}

// TestDecisions: every call that steers a deployment leaves who, when, why and
// from where.
func TestDecisions(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	definition := w.define("web")
	w.because(wire.Decision{From: "api 192.0.2.1"})
	w.create(web(definition))
	first := w.newest("web")
	if len(w.describe("web").Events) > 0 {
		t.Error("a plain call adds a service event")
	}
	w.because(wire.Decision{Reason: "try again", From: "dashboard ::1", Action: "RETRY"})
	_, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{Service: ptr("web"), ForceNewDeployment: true})
	must(w, 0, err)
	second := w.newest("web")
	w.because(wire.Decision{Reason: "it hurts", From: "cli 127.0.0.1"})
	stop := &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: ptr(second.ARN()), StopType: types.StopServiceDeploymentStopTypeAbort}
	for range 2 { // the second one decides nothing
		_, err = w.s.StopServiceDeployment(w.ctx, stop)
		must(w, 0, err)
	}
	const root = "arn:aws:iam::000000000000:root"
	for _, c := range []struct {
		d    *state.Deployment
		want []state.Decision
	}{
		{first, []state.Decision{
			{Action: state.DecidedStart, By: root, From: "api 192.0.2.1"},
			{Action: state.DecidedSupersede, By: root, From: "dashboard ::1", Reason: "try again", Other: second.ID},
		}},
		{second, []state.Decision{
			{Action: state.DecidedRetry, By: root, From: "dashboard ::1", Reason: "try again"},
			{Action: state.DecidedAbort, By: root, From: "cli 127.0.0.1", Reason: "it hurts"},
		}},
	} {
		var now *state.Deployment
		w.st.View(func(tx *store.Tx) { now, _ = state.Deployments.Get(tx, c.d.Key()) })
		if len(now.Decisions) != len(c.want) {
			t.Errorf("decisions %+v", now.Decisions)
			continue
		}
		for i, x := range now.Decisions {
			if x.At.IsZero() {
				t.Errorf("no time: %+v", x)
			}
			x.At = c.want[i].At
			if x != c.want[i] {
				t.Errorf("decision %+v, want %+v", x, c.want[i])
			}
		}
	}
	for _, text := range []string{
		"(service deployment " + first.ID + ") was replaced with " + second.ID + " by " + root + " from dashboard ::1: try again",
		"(service deployment " + second.ID + ") was started as a retry by " + root + " from dashboard ::1: try again",
		"(service deployment " + second.ID + ") was aborted by " + root + " from cli 127.0.0.1: it hurts",
	} {
		if !w.told(text) {
			t.Errorf("no service event %s", text)
		}
	}
	events, err := w.st.Events(0, 1000)
	must(w, 0, err)
	var actions []string
	for _, e := range events {
		if e.Source == state.DecisionSource && e.DetailType == state.DecisionDetail {
			actions = append(actions, string(e.Detail))
		}
	}
	if len(actions) != 4 || !strings.Contains(actions[3], `"action":"ABORT"`) || !strings.Contains(actions[3], `"decidedFrom":"cli 127.0.0.1"`) {
		t.Errorf("events %v", actions)
	}
	w.run()
	w.await("web", "the end of the deployment", func(types.Service) bool {
		out, err := w.s.DescribeServiceDeployments(w.ctx, &sdk.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{second.ARN()}})
		must(w, 0, err)
		d := out.ServiceDeployments[0]
		return d.Status == types.ServiceDeploymentStatusStopped && *d.StatusReason == "Service deployment stopped because StopServiceDeployment was called. Reason: it hurts"
	})
}

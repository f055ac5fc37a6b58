package scale

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// patience is how many minutes an activity may wait for its tasks.
const patience = 60

// override ends the activity that a new one takes the place of.
func (s *Scaler) override(tx *store.Tx, t *Target, to int, now time.Time) {
	if a, ok := Activities.Get(tx, t.Open); ok {
		s.end(tx, t, a, types.ScalingActivityStatusCodeOverridden, fmt.Sprintf("Successfully set desired count to %d. A later change set desired count to %d.", a.To, to), now)
	}
}

// outcome tells how the activity in progress of a target ended: "" while it has
// not.
func (s *Scaler) outcome(tx *store.Tx, t *Target, now time.Time) (status types.ScalingActivityStatusCode, message string) {
	a, ok := Activities.Get(tx, t.Open)
	if !ok {
		return "", ""
	}
	set := fmt.Sprintf("Successfully set desired count to %d. ", a.To)
	svc, ok := ServiceOf(tx, t.Scope, t.Resource)
	switch {
	case !ok:
		return types.ScalingActivityStatusCodeUnfulfilled, set + "The service is not active any more."
	case svc.Desired != a.To:
		return types.ScalingActivityStatusCodeOverridden, set + fmt.Sprintf("A later change set desired count to %d.", svc.Desired)
	case settled(tx, svc):
		return types.ScalingActivityStatusCodeSuccessful, set + "Change successfully fulfilled by ecs."
	case now.Sub(a.Start) > patience*s.opts.Minute:
		return types.ScalingActivityStatusCodeUnfulfilled, set + "The change was not fulfilled by ecs in time."
	}
	return "", ""
}

// settled tells whether a service runs as many tasks as it should; during a
// deployment, as many of each revision as the deployment wants.
func settled(tx *store.Tx, svc *state.Service) bool {
	running := 0
	for _, t := range state.TasksOf(tx, svc) {
		if t.LastStatus == "RUNNING" {
			running++
		}
	}
	if svc.Deployment == "" {
		return running == svc.Desired
	}
	most, sum := 0, 0
	for _, g := range svc.Goals {
		most, sum = max(most, g.Want), sum+g.Want
	}
	return most >= svc.Desired && running >= sum
}

// fulfil ends the activity in progress of a target, if it is over.
func (s *Scaler) fulfil(tx *store.Tx, t *Target, now time.Time) {
	status, message := s.outcome(tx, t, now)
	if status == "" {
		return
	}
	a, _ := Activities.Get(tx, t.Open)
	s.end(tx, t, a, status, message, now)
	next := *t
	next.Open = ""
	Targets.Put(tx, next.Key(), &next)
}

func (s *Scaler) end(tx *store.Tx, t *Target, a *Activity, status types.ScalingActivityStatusCode, message string, now time.Time) {
	next := *a
	next.Status, next.Message, next.End = status, message, now
	Activities.Put(tx, next.Key(), &next)
	if status == types.ScalingActivityStatusCodeSuccessful && a.To == t.Max {
		s.emitMaximum(tx, t, &next)
	}
}

// emitMaximum emits the one event of Application Auto Scaling: a target has
// reached its maximum.
func (s *Scaler) emitMaximum(tx *store.Tx, t *Target, a *Activity) {
	doc, err := json.Marshal(map[string]any{
		"startTime": a.Start.UTC().Format(time.RFC3339), "endTime": a.End.UTC().Format(time.RFC3339), "newDesiredCapacity": a.To,
		"minCapacity": t.Min, "maxCapacity": t.Max, "resourceId": t.Resource, "scalableDimension": "ecs:service:DesiredCount",
		"serviceNamespace": "ecs", "statusCode": a.Status, "scaledToMax": true,
	})
	if err != nil { // strings and numbers
		panic(err)
	}
	tx.Emit(store.Event{
		Source: "aws.application-autoscaling", DetailType: "Application Auto Scaling Scaling Activity State Change",
		Account: t.Account, Region: t.Region, Time: a.End, Resources: []string{}, Detail: doc,
	})
}

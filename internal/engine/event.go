package engine

import (
	"encoding/json"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// keptEvents is how many service events DescribeServices shows.
const keptEvents = 100

// event adds a service event in ECS's words, newest first.
func (r *round) event(msg string) {
	ev := state.ServiceEvent{ID: store.NewUUID(), Created: r.now, Message: "(service " + r.svc.Name + ") " + msg}
	list := make([]state.ServiceEvent, 0, min(len(r.svc.Events)+1, keptEvents))
	list = append(list, ev)
	r.svc.Events = append(list, r.svc.Events[:min(len(r.svc.Events), keptEvents-1)]...)
}

// emit tells what the deployment machine wants told.
func (r *round) emit(x deploy.Emit) {
	if x.Message != "" {
		r.event(x.Message)
	}
	if x.EventName == "SERVICE_STEADY_STATE" {
		r.svc.Steady, r.svc.SteadyAt = true, r.now
	}
	if x.EventName == "" {
		return
	}
	detail := map[string]any{
		"eventType": x.EventType, "eventName": x.EventName, "updatedAt": iso(r.now), "reason": x.Reason,
		"clusterArn": r.scope().Cluster(r.svc.Cluster),
	}
	if x.Deployment != "" {
		detail["deploymentId"] = "ecs-svc/" + string(x.Deployment)
	}
	r.bus(x.DetailType, detail)
}

// serviceAction emits an "ECS Service Action" event.
func (r *round) serviceAction(eventType, name, reason string) {
	detail := map[string]any{
		"eventType": eventType, "eventName": name,
		"clusterArn": r.scope().Cluster(r.svc.Cluster), "createdAt": iso(r.now),
	}
	if reason != "" {
		detail["reason"] = reason
	}
	r.bus(deploy.DetailService, detail)
}

func (r *round) bus(detailType string, detail map[string]any) {
	doc, _ := json.Marshal(detail) // strings only
	r.tx.Emit(store.Event{
		Source: "aws.ecs", DetailType: detailType, Account: r.svc.Account, Region: r.svc.Region,
		Time: r.now, Resources: []string{r.svc.ARN()}, Detail: doc,
	})
}

func (r *round) taskEvent(t *state.Task) { emitTask(r.tx, t, r.now) }

// emitTask emits an "ECS Task State Change" event.
func emitTask(tx *store.Tx, t *state.Task, now time.Time) {
	doc, err := state.TaskEvent(t, now)
	if err != nil {
		doc, _ = json.Marshal(map[string]string{"taskArn": t.ARN(), "lastStatus": t.LastStatus})
	}
	tx.Emit(store.Event{
		Source: "aws.ecs", DetailType: "ECS Task State Change", Account: t.Account, Region: t.Region,
		Time: now, Resources: []string{t.ARN()}, Detail: doc,
	})
}

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

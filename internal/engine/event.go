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
func (r *round) emit(d *state.Deployment, x deploy.Emit) {
	if x.Message != "" {
		r.event(x.Message)
	}
	if x.EventName == "SERVICE_STEADY_STATE" {
		r.svc.Steady, r.svc.SteadyAt = true, r.now
	}
	switch {
	case x.EventName == "":
		return
	case x.Hook != nil:
		r.hookEvent(d, x)
		return
	case x.DetailType == deploy.DetailService:
		r.serviceAction(x.EventType, x.EventName, x.Reason)
		return
	}
	detail := map[string]any{
		"eventType": x.EventType, "eventName": x.EventName, "updatedAt": iso(r.now), "reason": x.Reason,
		"clusterArn": r.scope().Cluster(r.svc.Cluster),
	}
	if x.Deployment != "" {
		detail["deploymentId"] = "ecs-svc/" + string(x.Deployment)
	}
	r.bus(x.DetailType, r.svc.ARN(), detail)
}

// hookEvent emits an "ECS Hook State Change" event.
func (r *round) hookEvent(d *state.Deployment, x deploy.Emit) {
	h := x.Hook
	r.bus(x.DetailType, d.ARN(), map[string]any{
		"eventType": x.EventType, "eventName": x.EventName, "hookId": h.ID, "hookType": string(h.Type),
		"expiresAt": iso(h.ExpiresAt), "lifecycleStage": string(h.Stage), "updatedAt": iso(r.now),
		"clusterArn": r.scope().Cluster(r.svc.Cluster), "serviceArn": r.svc.ARN(), "serviceDeploymentArn": d.ARN(),
	})
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
	r.bus(deploy.DetailService, r.svc.ARN(), detail)
}

func (r *round) bus(detailType, resource string, detail map[string]any) {
	doc, _ := json.Marshal(detail) // strings only
	r.tx.Emit(store.Event{
		Source: "aws.ecs", DetailType: detailType, Account: r.svc.Account, Region: r.svc.Region,
		Time: r.now, Resources: []string{resource}, Detail: doc,
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

package ecs

import (
	"encoding/json"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// keptEvents is how many service events DescribeServices shows.
const keptEvents = 100

// SetDesired is UpdateService with nothing but a desired count, for Application Auto
// Scaling. It adds a service event and emits SERVICE_DESIRED_COUNT_UPDATED, which a
// person's call does not.
func (s *Service) SetDesired(tx *store.Tx, old *state.Service, n int, event string) error {
	count := int32(n)
	if err := checkDesired(&count); err != nil {
		return err
	}
	r := &request{Tx: tx, Scope: old.Scope, caller: wire.Caller{Account: old.Account, Region: old.Region}, now: s.o.Now()}
	c, err := r.cluster(&old.Cluster)
	if err != nil {
		return err
	}
	if old.Status != active {
		return notActive()
	}
	svc := *old
	if err := s.applyUpdate(r, c, &svc, &sdk.UpdateServiceInput{Service: &old.Name, DesiredCount: &count}); err != nil {
		return err
	}
	told := []state.ServiceEvent{{ID: store.NewUUID(), Created: r.now, Message: event}}
	svc.Events = append(told, old.Events[:min(len(old.Events), keptEvents-1)]...)
	state.Services.Put(tx, svc.Key(), &svc)
	detail, err := json.Marshal(map[string]any{
		"eventType": "INFO", "eventName": "SERVICE_DESIRED_COUNT_UPDATED", "clusterArn": r.Cluster(old.Cluster),
		"createdAt": r.now.UTC().Format("2006-01-02T15:04:05.000Z"), "desiredCount": n,
	})
	if err != nil {
		return err
	}
	tx.Emit(store.Event{
		Source: "aws.ecs", DetailType: "ECS Service Action", Account: old.Account, Region: old.Region, Time: r.now,
		Resources: []string{old.ARN()}, Detail: detail,
	})
	return nil
}

package autoscaling

import (
	"context"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/store"
)

const maxScheduled = 200 // of a target

// forbidden is what AWS does not allow in the name of a scheduled action.
var forbidden = regexp.MustCompile(`^ | $|[:/|]`)

// PutScheduledAction makes a scheduled action or changes the given members of one;
// a start or an end that is not given is none.
func (s *Service) PutScheduledAction(ctx context.Context, in *api.PutScheduledActionInput) (*api.PutScheduledActionOutput, error) {
	q, err := about(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err == nil {
		err = checkName("scheduledActionName", in.ScheduledActionName)
	}
	if err == nil && forbidden.MatchString(*in.ScheduledActionName) {
		err = violated("scheduledActionName", *in.ScheduledActionName, "it has neither a colon, a slash or a bar in it nor a blank at an end")
	}
	if err != nil {
		return nil, err
	}
	return &api.PutScheduledActionOutput{}, s.store.Update(func(tx *store.Tx) error {
		t, err := find(tx, scopeOf(ctx), q)
		if err != nil {
			return err
		}
		a := &scale.Scheduled{Scope: t.Scope, Resource: t.Resource, Name: *in.ScheduledActionName}
		if old, ok := scale.Scheduleds.Get(tx, a.Key()); ok {
			*a = *old
		} else if n := countScheduled(tx, t); n >= maxScheduled {
			return limitExceeded("A scalable target has at most %d scheduled actions.", maxScheduled)
		}
		if err := s.plan(a, in); err != nil {
			return err
		}
		return s.scaler.PutScheduled(tx, a)
	})
}

func countScheduled(tx *store.Tx, t *scale.Target) (n int) {
	for range scale.Scheduleds.Prefix(tx, scale.Prefix(t.Scope, t.Resource)) {
		n++
	}
	return n
}

// plan lays the members of a request over a scheduled action.
func (s *Service) plan(a *scale.Scheduled, in *api.PutScheduledActionInput) error {
	a.Start, a.End = get(in.StartTime), get(in.EndTime)
	if in.Schedule != nil {
		a.Schedule = *in.Schedule
	}
	if in.Timezone != nil {
		a.Zone = *in.Timezone
	}
	if x := in.ScalableTargetAction; x != nil {
		a.Min, a.Max = whole(x.MinCapacity), whole(x.MaxCapacity)
	}
	switch {
	case a.Schedule == "":
		return invalid("Schedule must be specified: at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(fields).")
	case a.Min == nil && a.Max == nil:
		return invalid("ScalableTargetAction must be specified, with MinCapacity, MaxCapacity or both.")
	case get(a.Min) < 0 || get(a.Max) < 0:
		return invalid("MinCapacity and MaxCapacity must not be negative.")
	case a.Min != nil && a.Max != nil && *a.Min > *a.Max:
		return invalid("Maximum capacity cannot be less than minimum capacity: they are %d and %d.", *a.Max, *a.Min)
	case !a.Start.IsZero() && !a.End.IsZero() && !a.Start.Before(a.End):
		return invalid("The start time of a scheduled action must be before its end time.")
	}
	if _, err := scale.ParseSchedule("rate(1 minute)", a.Zone); err != nil {
		return invalid("The time zone %q is not one that IANA knows: use a name such as America/New_York.", a.Zone)
	}
	when, err := scale.ParseSchedule(a.Schedule, a.Zone)
	if err != nil {
		return invalid("The schedule expression %q is not valid: %s.", a.Schedule, err)
	}
	if once := when.Once(); in.Schedule != nil && !once.IsZero() && !once.After(s.now()) {
		return invalid("The schedule expression %s is in the past: it is %s UTC.", a.Schedule, s.now().UTC().Format(time.DateTime))
	}
	return nil
}

// DescribeScheduledActions lists scheduled actions by resource and name.
func (s *Service) DescribeScheduledActions(ctx context.Context, in *api.DescribeScheduledActionsInput) (*api.DescribeScheduledActionsOutput, error) {
	w, err := want(in.ServiceNamespace, one(in.ResourceId), in.ScalableDimension, in.ScheduledActionNames)
	if err != nil {
		return nil, err
	}
	var all []*scale.Scheduled
	s.store.View(func(tx *store.Tx) {
		for _, a := range scale.Scheduleds.Prefix(tx, scopeOf(ctx).Key("")) {
			if w.has(a.Resource, a.Name) {
				all = append(all, a)
			}
		}
	})
	some, next, err := page(all, (*scale.Scheduled).Key, in.NextToken, in.MaxResults)
	out := &api.DescribeScheduledActionsOutput{ScheduledActions: []types.ScheduledAction{}, NextToken: next}
	for _, a := range some {
		out.ScheduledActions = append(out.ScheduledActions, types.ScheduledAction{
			ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: &a.Resource, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
			ScheduledActionName: &a.Name, ScheduledActionARN: aws.String(a.ARN()), Schedule: &a.Schedule, Timezone: text(a.Zone),
			StartTime: moment(a.Start), EndTime: moment(a.End), CreationTime: &a.Created,
			ScalableTargetAction: &types.ScalableTargetAction{MinCapacity: number(a.Min), MaxCapacity: number(a.Max)},
		})
	}
	return out, err
}

// DeleteScheduledAction removes a scheduled action; the bounds that it set stay.
func (s *Service) DeleteScheduledAction(ctx context.Context, in *api.DeleteScheduledActionInput) (*api.DeleteScheduledActionOutput, error) {
	q, err := about(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err == nil {
		err = checkName("scheduledActionName", in.ScheduledActionName)
	}
	if err != nil {
		return nil, err
	}
	return &api.DeleteScheduledActionOutput{}, s.store.Update(func(tx *store.Tx) error {
		key := scale.Key(scopeOf(ctx), q.resource, *in.ScheduledActionName)
		if _, ok := scale.Scheduleds.Get(tx, key); !ok {
			return notFound("scheduled action named "+*in.ScheduledActionName+" found", q)
		}
		scale.Scheduleds.Delete(tx, key)
		return nil
	})
}

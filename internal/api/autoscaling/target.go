package autoscaling

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/store"
)

// RegisterScalableTarget makes a scalable target or changes the given members of
// one, and brings the service within its bounds.
func (s *Service) RegisterScalableTarget(ctx context.Context, in *api.RegisterScalableTargetInput) (*api.RegisterScalableTargetOutput, error) {
	q, err := about(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	tags, err := addTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	out := &api.RegisterScalableTargetOutput{}
	return out, s.store.Update(func(tx *store.Tx) error {
		scope := scopeOf(ctx)
		svc, ok := scale.ServiceOf(tx, scope, q.resource)
		switch {
		case !ok:
			return invalid("ECS service doesn't exist: %s", q.resource)
		case svc.Daemon:
			return invalid("The ECS service %s has the scheduling strategy DAEMON, and so no desired count to scale.", q.resource)
		}
		t := &scale.Target{Scope: scope, Resource: q.resource, Tags: tags}
		if old, ok := scale.Targets.Get(tx, t.Key()); ok {
			if len(in.Tags) > 0 && !maps.Equal(tags, old.Tags) {
				return invalid("Tags can be specified for a new scalable target only: use TagResource for one that exists.")
			}
			t = new(scale.Target)
			*t = *old
		} else if in.MinCapacity == nil || in.MaxCapacity == nil {
			return invalid("MinCapacity and MaxCapacity must be specified when a scalable target is registered.")
		}
		if err := lay(t, in); err != nil {
			return err
		}
		out.ScalableTargetARN = aws.String(s.scaler.PutTarget(tx, t).ARN())
		return nil
	})
}

// lay lays the members of a request over a target.
func lay(t *scale.Target, in *api.RegisterScalableTargetInput) error {
	for _, c := range []struct {
		member string
		given  *int32
		into   *int
	}{{"minCapacity", in.MinCapacity, &t.Min}, {"maxCapacity", in.MaxCapacity, &t.Max}} {
		switch {
		case c.given == nil:
			continue
		case *c.given < 0:
			return violated(c.member, *c.given, "Member must have value greater than or equal to 0")
		}
		*c.into = int(*c.given)
	}
	if t.Min > t.Max {
		return invalid("Maximum capacity cannot be less than minimum capacity: they are %d and %d.", t.Max, t.Min)
	}
	if x := in.SuspendedState; x != nil {
		for _, c := range []struct {
			given *bool
			into  *bool
		}{{x.DynamicScalingInSuspended, &t.Suspended.In}, {x.DynamicScalingOutSuspended, &t.Suspended.Out}, {x.ScheduledScalingSuspended, &t.Suspended.Scheduled}} {
			if c.given != nil {
				*c.into = *c.given
			}
		}
	}
	return nil
}

// DescribeScalableTargets lists targets by resource.
func (s *Service) DescribeScalableTargets(ctx context.Context, in *api.DescribeScalableTargetsInput) (*api.DescribeScalableTargetsOutput, error) {
	w, err := want(in.ServiceNamespace, in.ResourceIds, in.ScalableDimension, nil)
	if err != nil {
		return nil, err
	}
	var all []*scale.Target
	s.store.View(func(tx *store.Tx) {
		for _, t := range scale.Targets.Prefix(tx, scopeOf(ctx).Key("")) {
			if w.has(t.Resource, "") {
				all = append(all, t)
			}
		}
	})
	some, next, err := page(all, func(t *scale.Target) string { return t.Resource }, in.NextToken, in.MaxResults)
	out := &api.DescribeScalableTargetsOutput{ScalableTargets: []types.ScalableTarget{}, NextToken: next}
	for _, t := range some {
		out.ScalableTargets = append(out.ScalableTargets, types.ScalableTarget{
			ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: &t.Resource, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
			MinCapacity: number(&t.Min), MaxCapacity: number(&t.Max), CreationTime: &t.Created, ScalableTargetARN: aws.String(t.ARN()), RoleARN: aws.String(role(t.Scope)),
			SuspendedState: &types.SuspendedState{
				DynamicScalingInSuspended: &t.Suspended.In, DynamicScalingOutSuspended: &t.Suspended.Out, ScheduledScalingSuspended: &t.Suspended.Scheduled,
			},
		})
	}
	return out, err
}

// role is the service-linked role that AWS takes for ECS, whatever the request says.
func role(s arn.Scope) string {
	return "arn:" + arn.Partition(s.Region) + ":iam::" + s.Account + ":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
}

// DeregisterScalableTarget removes a target with its policies, their alarms, and its
// scheduled actions. The desired count of the service stays.
func (s *Service) DeregisterScalableTarget(ctx context.Context, in *api.DeregisterScalableTargetInput) (*api.DeregisterScalableTargetOutput, error) {
	q, err := about(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	return &api.DeregisterScalableTargetOutput{}, s.store.Update(func(tx *store.Tx) error {
		t, ok := scale.Targets.Get(tx, scopeOf(ctx).Key(q.resource))
		if !ok {
			return notFound("scalable target found", q)
		}
		s.scaler.DeleteTarget(tx, t)
		return nil
	})
}

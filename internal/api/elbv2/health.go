package elbv2

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

// DescribeTargetHealth describes the state of all targets of a group, or of the
// given ones. A given target that is not registered is unused.
func (s *Service) DescribeTargetHealth(ctx context.Context, in *elasticloadbalancingv2.DescribeTargetHealthInput) (*elasticloadbalancingv2.DescribeTargetHealthOutput, error) {
	for _, include := range in.Include {
		if !slices.Contains(include.Values(), include) {
			return nil, invalid("'%s' is not a valid value of Include", include)
		}
	}
	out := &elasticloadbalancingv2.DescribeTargetHealthOutput{TargetHealthDescriptions: []types.TargetHealthDescription{}}
	var err error
	s.o.Store.View(func(tx *store.Tx) {
		var g *elb.TargetGroup
		if g, err = targetGroup(ctx, tx, in.TargetGroupArn); err != nil {
			return
		}
		if len(in.Targets) == 0 {
			for r := range elb.Registered(tx, g.ARN) {
				if state := s.o.Balancer.HealthOf(tx, r); state.Reason != "Target.NotRegistered" {
					out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, showHealth(g, r, s.draining(g, state), in.Include))
				}
			}
		}
		for i := range in.Targets {
			d := &in.Targets[i]
			if err = checkID(g, get(d.Id)); err != nil {
				return
			}
			found := chosen(tx, g, d)
			if len(found) == 0 {
				r := &elb.Registration{Target: elb.Target{Group: g.ARN, ID: get(d.Id), Port: g.Port}}
				if d.Port != nil {
					r.Port = int(*d.Port)
				}
				out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, showHealth(g, r, s.o.Balancer.Health(g.ARN, r.ID, r.Port), in.Include))
			}
			for _, r := range found {
				out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, showHealth(g, r, s.draining(g, s.o.Balancer.HealthOf(tx, r)), in.Include))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// draining is the state of a target whose connections stay for a while after it became
// unhealthy, on a network load balancer that is told not to cut them.
func (s *Service) draining(g *elb.TargetGroup, h elb.HealthState) elb.HealthState {
	if !g.Layer4() || h.State != elb.Unhealthy || g.Attribute(cutUnhealthy) != "false" {
		return h
	}
	seconds, _ := strconv.Atoi(g.Attribute(unhealthyDrain))
	if s.o.Now().Before(h.Since.Add(time.Duration(seconds) * time.Second)) {
		h.State = string(types.TargetHealthStateEnumUnhealthyDraining)
	}
	return h
}

func showHealth(g *elb.TargetGroup, r *elb.Registration, h elb.HealthState, include []types.DescribeTargetHealthInputIncludeEnum) types.TargetHealthDescription {
	d := types.TargetHealthDescription{
		Target:          &types.TargetDescription{Id: aws.String(r.ID), Port: aws.Int32(int32(r.Port))},
		HealthCheckPort: aws.String(g.Check.PortOf(r.Port)),
		TargetHealth:    &types.TargetHealth{State: types.TargetHealthStateEnum(h.State), Reason: types.TargetHealthReasonEnum(h.Reason)},
		AdministrativeOverride: &types.AdministrativeOverride{
			State:       types.TargetAdministrativeOverrideStateEnumNoOverride,
			Reason:      types.TargetAdministrativeOverrideReasonEnumNoOverrideEngaged,
			Description: aws.String("No override is currently active on target"),
		},
	}
	if r.AZ != "" {
		d.Target.AvailabilityZone = aws.String(r.AZ)
	}
	if h.Description != "" {
		d.TargetHealth.Description = aws.String(h.Description)
	}
	if len(include) > 0 {
		d.AnomalyDetection = &types.AnomalyDetection{Result: types.AnomalyResultEnumNormal, MitigationInEffect: types.MitigationInEffectEnumNo}
	}
	return d
}

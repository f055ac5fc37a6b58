package autoscaling

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

const maxPolicies = 50 // of a target

// PutScalingPolicy makes a policy or replaces the configuration of one. A target
// tracking policy gets its CloudWatch alarms with it.
func (s *Service) PutScalingPolicy(ctx context.Context, in *api.PutScalingPolicyInput) (*api.PutScalingPolicyOutput, error) {
	q, err := about(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err == nil {
		err = checkName("policyName", in.PolicyName)
	}
	if err != nil {
		return nil, err
	}
	out := &api.PutScalingPolicyOutput{Alarms: []types.Alarm{}}
	return out, s.store.Update(func(tx *store.Tx) error {
		t, err := find(tx, scopeOf(ctx), q)
		if err != nil {
			return err
		}
		p := &scale.Policy{Scope: t.Scope, Resource: t.Resource, Name: *in.PolicyName}
		old, exists := scale.Policies.Get(tx, p.Key())
		if err := configure(p, old, in); err != nil {
			return err
		}
		others := slices.DeleteFunc(scale.PoliciesOf(tx, t), func(x *scale.Policy) bool { return x.Name == p.Name })
		if !exists && len(others) >= maxPolicies {
			return limitExceeded("A scalable target has at most %d scaling policies.", maxPolicies)
		}
		if slices.ContainsFunc(others, func(x *scale.Policy) bool { return sameMetric(x, p) }) {
			return invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
		}
		p = s.scaler.PutPolicy(tx, p)
		out.PolicyARN, out.Alarms = aws.String(p.ARN()), alarms(tx, p)
		return nil
	})
}

// checkName checks the name of a policy or a scheduled action.
func checkName(member string, name *string) error {
	n := get(name)
	switch {
	case n == "":
		return absent(member)
	case len([]rune(n)) > 256:
		return violated(member, n, "Member must have length less than or equal to 256")
	case strings.ContainsFunc(n, func(r rune) bool { return !unicode.IsPrint(r) }):
		return violated(member, n, `Member must satisfy regular expression pattern: \p{Print}+`)
	}
	return nil
}

// configure gives a policy the configuration of a request.
func configure(p, old *scale.Policy, in *api.PutScalingPolicyInput) error {
	kind := in.PolicyType
	switch {
	case kind != "" && !slices.Contains(kind.Values(), kind):
		return violated("policyType", kind, "Member must satisfy enum value set: "+list(kind.Values()))
	case kind == types.PolicyTypePredictiveScaling || in.PredictiveScalingPolicyConfiguration != nil:
		return invalid("grue has no predictive scaling, for its metrics do not reach back far enough: use the policy types TargetTrackingScaling and StepScaling.")
	case kind == "" && old != nil:
		kind = kindOf(old)
	case kind == "":
		kind = types.PolicyTypeStepScaling
	}
	if old != nil && kindOf(old) != kind {
		return invalid("The scaling policy %s has the type %s, which cannot be changed to %s: delete it first.", p.Name, kindOf(old), kind)
	}
	step, tracking := in.StepScalingPolicyConfiguration, in.TargetTrackingScalingPolicyConfiguration
	switch {
	case kind == types.PolicyTypeStepScaling && (step == nil || tracking != nil):
		return invalid("A policy of the type StepScaling takes a StepScalingPolicyConfiguration, and no other.")
	case kind == types.PolicyTypeTargetTrackingScaling && (tracking == nil || step != nil):
		return invalid("A policy of the type TargetTrackingScaling takes a TargetTrackingScalingPolicyConfiguration, and no other.")
	case step != nil:
		p.Step = &wire.Stored[types.StepScalingPolicyConfiguration]{V: *step}
		return checkStep(step)
	}
	p.Tracking = &wire.Stored[types.TargetTrackingScalingPolicyConfiguration]{V: *tracking}
	return checkTracking(tracking)
}

func kindOf(p *scale.Policy) types.PolicyType {
	if p.Step != nil {
		return types.PolicyTypeStepScaling
	}
	return types.PolicyTypeTargetTrackingScaling
}

// sameMetric tells whether two policies track one metric.
func sameMetric(a, b *scale.Policy) bool {
	return a.Tracking != nil && b.Tracking != nil &&
		reflect.DeepEqual(a.Tracking.V.PredefinedMetricSpecification, b.Tracking.V.PredefinedMetricSpecification) &&
		reflect.DeepEqual(a.Tracking.V.CustomizedMetricSpecification, b.Tracking.V.CustomizedMetricSpecification)
}

// alarms are those that make a policy act.
func alarms(tx *store.Tx, p *scale.Policy) []types.Alarm {
	out := []types.Alarm{}
	for _, a := range scale.AlarmsOf(tx, p) {
		out = append(out, types.Alarm{AlarmName: &a.Name, AlarmARN: aws.String(a.ARN())})
	}
	return out
}

// DescribeScalingPolicies lists policies by resource and name.
func (s *Service) DescribeScalingPolicies(ctx context.Context, in *api.DescribeScalingPoliciesInput) (out *api.DescribeScalingPoliciesOutput, err error) {
	w, err := want(in.ServiceNamespace, one(in.ResourceId), in.ScalableDimension, in.PolicyNames)
	if err != nil {
		return nil, err
	}
	out = &api.DescribeScalingPoliciesOutput{ScalingPolicies: []types.ScalingPolicy{}}
	s.store.View(func(tx *store.Tx) {
		var all []*scale.Policy
		for _, p := range scale.Policies.Prefix(tx, scopeOf(ctx).Key("")) {
			if w.has(p.Resource, p.Name) {
				all = append(all, p)
			}
		}
		all, out.NextToken, err = page(all, (*scale.Policy).Key, in.NextToken, in.MaxResults)
		for _, p := range all {
			v := types.ScalingPolicy{
				ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: &p.Resource, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
				PolicyName: &p.Name, PolicyARN: aws.String(p.ARN()), PolicyType: kindOf(p), CreationTime: &p.Created, Alarms: alarms(tx, p),
			}
			if p.Step != nil {
				v.StepScalingPolicyConfiguration = &p.Step.V
			} else {
				v.TargetTrackingScalingPolicyConfiguration = &p.Tracking.V
			}
			out.ScalingPolicies = append(out.ScalingPolicies, v)
		}
	})
	return out, err
}

// DeleteScalingPolicy removes a policy; alarms that people made stay.
func (s *Service) DeleteScalingPolicy(ctx context.Context, in *api.DeleteScalingPolicyInput) (*api.DeleteScalingPolicyOutput, error) {
	q, err := about(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err == nil {
		err = checkName("policyName", in.PolicyName)
	}
	if err != nil {
		return nil, err
	}
	return &api.DeleteScalingPolicyOutput{}, s.store.Update(func(tx *store.Tx) error {
		p, ok := scale.Policies.Get(tx, scale.Key(scopeOf(ctx), q.resource, *in.PolicyName))
		if !ok {
			return notFound("scaling policy named "+*in.PolicyName+" found", q)
		}
		s.scaler.DeletePolicy(tx, p)
		return nil
	})
}

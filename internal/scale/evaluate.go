package scale

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// trigger is a policy and an alarm that makes it act in the state that it is in.
type trigger struct {
	policy *Policy
	alarm  *watch.Alarm
}

// Perform lets a policy act on an alarm that names it in the state that it has just
// entered. An error means that there is no such policy, or that the alarm cannot have
// one.
func (s *Scaler) Perform(tx *store.Tx, policyARN string, a *watch.Alarm) error {
	if a.Metric == nil {
		return errors.New("a composite alarm cannot perform scaling policies: let a metric alarm name it")
	}
	p, ok := FindPolicy(tx, policyARN)
	if !ok {
		return fmt.Errorf("there is no scaling policy %s", policyARN)
	}
	t, ok := Targets.Get(tx, p.Scope.Key(p.Resource))
	if !ok {
		return fmt.Errorf("there is no scalable target %s", p.Resource)
	}
	s.evaluate(tx, t, []trigger{{p, a}}, s.opts.Now())
	return nil
}

// evaluate lets the policies of a target act.
func (s *Scaler) evaluate(tx *store.Tx, t *Target, due []trigger, now time.Time) {
	for _, d := range due {
		s.acted(d, now)
	}
	svc, ok := ServiceOf(tx, t.Scope, t.Resource)
	if !ok {
		return
	}
	v := view{s, tx, t, svc.Desired, now}
	var all []proposal
	for _, d := range due {
		all = append(all, v.proposals(d)...)
	}
	if best := choose(svc.Desired, all); best != nil {
		s.follow(tx, t, svc, best, now)
	}
}

// view is what a decision about a target looks at.
type view struct {
	*Scaler
	tx      *store.Tx
	target  *Target
	current int
	now     time.Time
}

// proposals are what the policy of a trigger asks for: nothing, one capacity, or,
// where target tracking policies agree to scale in, that of each.
func (v *view) proposals(d trigger) []proposal {
	p := d.policy
	switch {
	case p.Step != nil:
		return v.step(d)
	case d.alarm.State != alarm.Alarm:
		return nil
	case d.alarm.Name == p.HighAlarm():
		return v.trackOut(d)
	case d.alarm.Name == p.LowAlarm():
		return v.trackIn()
	}
	return nil
}

// step asks for what a step scaling policy asks for.
func (v *view) step(d trigger) []proposal {
	threshold := aws.ToFloat64(d.alarm.Metric.V.Threshold)
	points := v.opts.Watcher.Recent(d.alarm)
	forced := v.now.Before(d.alarm.SetUntil)
	breach := 0.0
	switch {
	case len(points) > 0:
		breach = aggregate(d.policy.Step.V.MetricAggregationType, points) - threshold
	case !forced:
		return nil // after a restart, for example: nothing is known
	}
	if forced { // somebody said that there is a breach
		breach = beyond(alarm.Operator(d.alarm.Metric.V.ComparisonOperator), breach)
	}
	to, ok := Step(&d.policy.Step.V, v.current, breach)
	switch {
	case !ok:
		return nil
	case to > v.current:
		to, _ = Step(&d.policy.Step.V, d.policy.base(v.current, v.now), breach)
		to = max(to, v.current)
	case v.coolingIn(d.policy):
		return nil
	}
	return v.proposal(d, to)
}

// beyond is a breach on the side that an operator calls breaching.
func beyond(op alarm.Operator, breach float64) float64 {
	if op == alarm.Operator("LessThanThreshold") || op == alarm.Operator("LessThanOrEqualToThreshold") {
		return min(breach, 0)
	}
	return max(breach, 0)
}

func (v *view) proposal(d trigger, to int) []proposal {
	if to > v.current && v.target.Suspended.Out || to < v.current && v.target.Suspended.In {
		return nil
	}
	return []proposal{{policy: d.policy, alarm: d.alarm, to: to}}
}

// trackOut asks for what brings a metric down to its target.
func (v *view) trackOut(d trigger) []proposal {
	target := aws.ToFloat64(d.policy.Tracking.V.TargetValue)
	points := v.opts.Watcher.Recent(d.alarm)
	forced := v.now.Before(d.alarm.SetUntil)
	if len(points) == 0 && !forced {
		return nil
	}
	metric := target
	if len(points) > 0 {
		metric = points[len(points)-1]
	}
	if metric < target && !forced {
		return nil // it has come down since
	}
	to := TrackOut(d.policy.base(v.current, v.now), max(metric, target), target)
	return v.proposal(d, max(to, v.current))
}

// trackIn asks for what brings the metrics of all target tracking policies that scale
// in up to their targets, if all of them are ready.
func (v *view) trackIn() (out []proposal) {
	for _, p := range PoliciesOf(v.tx, v.target) {
		if p.Tracking == nil || p.Low == "" {
			continue
		}
		a, ok := watch.Alarms.Get(v.tx, p.Scope.Key(p.LowAlarm()))
		if !ok || a.State != alarm.Alarm || v.coolingIn(p) {
			return nil
		}
		target := aws.ToFloat64(p.Tracking.V.TargetValue)
		points := v.opts.Watcher.Recent(a)
		if len(points) == 0 {
			if !v.now.Before(a.SetUntil) {
				return nil
			}
			points = []float64{lowPart * target}
		}
		// The highest of the datapoints: those of before the last scale-in are lower.
		out = append(out, v.proposal(trigger{p, a}, TrackIn(v.current, slices.Max(points), target))...)
	}
	// One that is content with what there is keeps the others from scaling in.
	if slices.ContainsFunc(out, func(p proposal) bool { return p.to >= v.current }) {
		return nil
	}
	return out
}

// coolingIn tells whether a scale-in was too short a time ago for another.
func (v *view) coolingIn(p *Policy) bool {
	return !v.target.LastIn.IsZero() && v.now.Before(v.target.LastIn.Add(v.cooldownIn(p)))
}

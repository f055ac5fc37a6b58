package elb

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/store"
)

// Errors of SetWeights and Weights.
var (
	ErrNoRule    = errors.New("elb: no such listener or rule")
	ErrNoForward = errors.New("elb: the rule does not forward to target groups")
	ErrWeight    = errors.New("elb: a weight must be between 0 and 999")
)

// ruleOf finds a rule, or the default rule of a listener, by ARN.
func ruleOf(tx *store.Tx, ruleOrListenerARN string) (*Rule, error) {
	at := ruleOrListenerARN
	if strings.Contains(at, ":listener/") {
		l, ok := listeners.Get(tx, at)
		if !ok {
			return nil, fmt.Errorf("%w: %s", ErrNoRule, at)
		}
		at = l.DefaultRule
	}
	r, ok := rules.Get(tx, at)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoRule, at)
	}
	return r, nil
}

// Weights returns the weights of the forward action of a rule, or of the
// default rule of a listener.
func Weights(tx *store.Tx, ruleOrListenerARN string) (map[string]int, error) {
	r, err := ruleOf(tx, ruleOrListenerARN)
	if err != nil {
		return nil, err
	}
	forward := r.Forward()
	if forward == nil {
		return nil, noForward(r)
	}
	weights := make(map[string]int, len(forward))
	for _, t := range forward {
		weights[deref(t.TargetGroupArn)] = weightOf(t)
	}
	return weights, nil
}

// Serving lists, in order, the groups that a rule, or the default rule of a
// listener, gives requests: those with a weight above 0.
func Serving(tx *store.Tx, ruleOrListenerARN string) ([]string, error) {
	weights, err := Weights(tx, ruleOrListenerARN)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(weights, func(_ string, w int) bool { return w == 0 })
	return slices.Sorted(maps.Keys(weights)), nil
}

func noForward(r *Rule) error { return fmt.Errorf("%w: %s", ErrNoForward, r.ARN) }

// SetWeights changes the weights (0 to 999) of the forward action of a rule, or of
// the default rule of a listener. Groups that weights does not name keep theirs;
// groups that the action does not have yet join it. Conditions, other actions
// and stickiness stay as they are. The rule is governed from then on: what users
// said of its weights is kept, and repeating it does not undo this (Rule.Say).
func SetWeights(tx *store.Tx, ruleOrListenerARN string, weights map[string]int) error {
	r, err := ruleOf(tx, ruleOrListenerARN)
	if err != nil {
		return err
	}
	forward := slices.Clone(r.Forward())
	if forward == nil {
		return noForward(r)
	}
	missing := maps.Clone(weights)
	for i, t := range forward {
		if w, ok := weights[deref(t.TargetGroupArn)]; ok {
			forward[i].Weight = aws.Int32(int32(w))
			delete(missing, deref(t.TargetGroupArn))
		}
	}
	for _, g := range slices.Sorted(maps.Keys(missing)) {
		forward = append(forward, elbv2.TargetGroupTuple{TargetGroupArn: aws.String(g), Weight: aws.Int32(int32(missing[g]))})
	}
	for g, w := range weights {
		if w < 0 || w > 999 {
			return fmt.Errorf("%w: %d for %s", ErrWeight, w, g)
		}
		if _, ok := groups.Get(tx, g); !ok {
			return fmt.Errorf("%w: %s", ErrNoGroup, g)
		}
	}
	next := *r
	next.govern()
	next.Actions.V = withForward(r.Actions.V, forward)
	PutRule(tx, &next)
	return nil
}

// withForward copies actions with other groups in the forward action, in the form
// in which they are echoed.
func withForward(actions []elbv2.Action, forward []elbv2.TargetGroupTuple) []elbv2.Action {
	out := slices.Clone(actions)
	for i := range out {
		a := &out[i]
		if a.Type != elbv2.ActionTypeEnumForward {
			continue
		}
		config := elbv2.ForwardActionConfig{}
		if a.ForwardConfig != nil {
			config = *a.ForwardConfig
		}
		config.TargetGroups = forward
		a.ForwardConfig = &config
		a.TargetGroupArn = nil
		if len(forward) == 1 {
			a.TargetGroupArn = forward[0].TargetGroupArn
		}
	}
	return out
}

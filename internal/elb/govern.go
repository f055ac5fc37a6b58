package elb

import (
	"maps"
	"slices"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/store"
)

// maxGiven bounds Rule.Given: the statement that stood before the first shift,
// and the latest ones that repeated what deployments had made of it.
const maxGiven = 4

// Governed tells whether the weights of the rule are a deployment's.
func (r *Rule) Governed() bool { return len(r.Given) > 0 }

// Say takes validated actions from a user. On a governed rule a forward action
// that only repeats what a user said before, or what is in force, keeps the
// weights in force; its other parts take effect. Everything else is a deliberate
// edit: it takes effect as it is, and the rule is not governed until the next
// shift. r must be a copy of the record, for the caller to put.
func (r *Rule) Say(actions []elbv2.Action) {
	said, now := weightsOf(forwardOf(actions)), r.Forward()
	known := func(w map[string]int) bool { return maps.Equal(w, said) }
	switch {
	case !r.Governed():
	case len(said) > 0 && slices.ContainsFunc(r.Given, known):
		actions = withForward(actions, now)
	case len(said) > 0 && known(weightsOf(now)):
		actions = withForward(actions, now)
		r.Given = append(slices.Clone(r.Given[:min(len(r.Given), maxGiven-1)]), said)
	default:
		r.Given, r.Owner = nil, ""
	}
	r.Actions.V = actions
}

// Govern makes the weights of a rule, or of the default rule of a listener, those
// of an owner's deployments, as SetWeights does without naming one. It changes
// no traffic.
func Govern(tx *store.Tx, ruleOrListenerARN, owner string) error {
	r, err := ruleOf(tx, ruleOrListenerARN)
	if err != nil {
		return err
	}
	if r.Forward() == nil {
		return noForward(r)
	}
	next := *r
	next.govern()
	next.Owner = owner
	if !r.Governed() || r.Owner != owner {
		PutRule(tx, &next)
	}
	return nil
}

// Release leaves the weights in force and gives them back to users: whatever is
// said next takes effect. With an owner it does so only for a rule of that owner.
// A rule that does not exist, or is not governed, stays as it is.
func Release(tx *store.Tx, ruleOrListenerARN, owner string) {
	r, err := ruleOf(tx, ruleOrListenerARN)
	if err != nil || !r.Governed() || owner != "" && r.Owner != owner {
		return
	}
	next := *r
	next.Given, next.Owner = nil, ""
	PutRule(tx, &next)
}

// govern keeps what the user said of the weights, unless that is kept already.
func (r *Rule) govern() {
	if !r.Governed() {
		r.Given = []map[string]int{weightsOf(r.Forward())}
	}
}

// weightsOf is a forward action in a form that can be compared: the order of the
// groups and the way of giving them do not matter, nor does the weight of a single
// group, unless it is 0.
func weightsOf(forward []elbv2.TargetGroupTuple) map[string]int {
	weights := make(map[string]int, len(forward))
	for _, t := range forward {
		weights[deref(t.TargetGroupArn)] = weightOf(t)
	}
	if len(weights) == 1 {
		for g, w := range weights {
			weights[g] = min(w, 1)
		}
	}
	return weights
}

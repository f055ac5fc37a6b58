package elb

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Rule is a listener rule. Actions, conditions and transforms are kept as they
// are echoed; they were validated before they were put.
type Rule struct {
	ARN        string
	Default    bool
	Priority   int // 1…50000; 0 for the default rule
	Created    time.Time
	Conditions wire.Stored[[]elbv2.RuleCondition]
	Actions    wire.Stored[[]elbv2.Action]
	Transforms wire.Stored[[]elbv2.RuleTransform]
	Tags       map[string]string
	// Given is what users said of the weights (group → weight), the first one
	// before the first shift, while deployments govern the rule; nil when none
	// does. Owner is who governs it, if he said so. See govern.go.
	Given []map[string]int
	Owner string
}

var rules = store.NewTable[Rule]("elb.rule")

// GetRule returns the rule with an ARN.
func GetRule(tx *store.Tx, ruleARN string) (*Rule, bool) { return rules.Get(tx, ruleARN) }

// Rules walks the rules of a listener in no particular order.
func Rules(tx *store.Tx, listenerARN string) iter.Seq[*Rule] {
	return values(rules.Prefix(tx, RuleARN(listenerARN, "")))
}

// RulesInOrder lists the rules of a listener by ascending priority, the default
// rule last.
func RulesInOrder(tx *store.Tx, listenerARN string) []*Rule {
	all := slices.Collect(Rules(tx, listenerARN))
	slices.SortFunc(all, func(a, b *Rule) int {
		if a.Default != b.Default {
			if a.Default {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Priority, b.Priority)
	})
	return all
}

// RuleARN is the ARN of a rule of a listener.
func RuleARN(listenerARN, id string) string {
	return strings.Replace(listenerARN, ":listener/", ":listener-rule/", 1) + "/" + id
}

// PutRule writes a rule and records which groups it uses.
func PutRule(tx *store.Tx, r *Rule) {
	touch(tx)
	var before []string
	if old, ok := rules.Get(tx, r.ARN); ok {
		before = old.Groups()
	}
	rules.Put(tx, r.ARN, r)
	updateUse(tx, r.ARN, before, r.Groups())
}

// DeleteRule removes a rule.
func DeleteRule(tx *store.Tx, ruleARN string) {
	old, ok := rules.Get(tx, ruleARN)
	if !ok {
		return
	}
	touch(tx)
	rules.Delete(tx, ruleARN)
	updateUse(tx, ruleARN, old.Groups(), nil)
}

// Forward returns the forward action of the rule as weighted groups; nil when
// it redirects or answers itself.
func (r *Rule) Forward() []elbv2.TargetGroupTuple { return forwardOf(r.Actions.V) }

// Groups lists the target groups that the rule forwards to, those with weight 0
// included.
func (r *Rule) Groups() []string {
	var out []string
	for _, t := range r.Forward() {
		if g := deref(t.TargetGroupArn); g != "" && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

func forwardOf(actions []elbv2.Action) []elbv2.TargetGroupTuple {
	for i := range actions {
		a := &actions[i]
		if a.Type != elbv2.ActionTypeEnumForward {
			continue
		}
		if a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) > 0 {
			return a.ForwardConfig.TargetGroups
		}
		if a.TargetGroupArn != nil {
			return []elbv2.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}
		}
	}
	return nil
}

// weightOf is the weight of a group in a forward action; 1 when not given.
func weightOf(t elbv2.TargetGroupTuple) int {
	if t.Weight == nil {
		return 1
	}
	return int(*t.Weight)
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

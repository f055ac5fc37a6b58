package elb

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/store"
)

// forwardTo takes pairs of group and weight; -1 leaves the weight out.
func forwardTo(order ...any) []elbv2.Action {
	config := &elbv2.ForwardActionConfig{}
	for i := 0; i < len(order); i += 2 {
		t := elbv2.TargetGroupTuple{TargetGroupArn: aws.String(order[i].(string))}
		if w := order[i+1].(int); w >= 0 {
			t.Weight = aws.Int32(int32(w))
		}
		config.TargetGroups = append(config.TargetGroups, t)
	}
	return []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, ForwardConfig: config}}
}

func short(group string) []elbv2.Action {
	return []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, TargetGroupArn: &group}}
}

func fixed() []elbv2.Action {
	return []elbv2.Action{{Type: elbv2.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbv2.FixedResponseActionConfig{StatusCode: aws.String("503")}}}
}

// A user says first, a deployment shifts all traffic to green, the user says then.
func TestSay(t *testing.T) {
	const third = blue + "-third"
	shifted := map[string]int{blue: 0, green: 100}
	for _, c := range []struct {
		name        string
		first, then []elbv2.Action
		want        map[string]int // nil: then does not forward
		governed    bool
	}{
		{"the same", forwardTo(blue, 100, green, 0), forwardTo(blue, 100, green, 0), shifted, true},
		{"another order", forwardTo(blue, 100, green, 0), forwardTo(green, 0, blue, 100), shifted, true},
		{"weights left out", forwardTo(blue, 1, green, 1), forwardTo(green, -1, blue, -1), shifted, true},
		{"short form of a configuration", forwardTo(blue, 1), short(blue), shifted, true},
		{"configuration for the short form", short(blue), forwardTo(blue, -1), shifted, true},
		{"weight of a single group", forwardTo(blue, 100), short(blue), shifted, true},
		{"what is in force", forwardTo(blue, 100, green, 0), forwardTo(green, 100, blue, 0), shifted, true},
		{"same shares in other numbers", forwardTo(blue, 100, green, 0), forwardTo(blue, 1, green, 0), map[string]int{blue: 1, green: 0}, false},
		{"other weights", forwardTo(blue, 100, green, 0), forwardTo(blue, 50, green, 50), map[string]int{blue: 50, green: 50}, false},
		{"one group less", forwardTo(blue, 100, green, 0), short(blue), map[string]int{blue: 1}, false},
		{"one group more", short(blue), forwardTo(blue, 1, third, 1), map[string]int{blue: 1, third: 1}, false},
		{"single group with weight 0", forwardTo(blue, 1), forwardTo(blue, 0), map[string]int{blue: 0}, false},
		{"another type", short(blue), fixed(), nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.say(c.first)
			w.update(func(tx *store.Tx) error { return SetWeights(tx, defaultARN, shifted) })
			r := w.say(c.then)
			got := map[string]int{}
			for _, x := range r.Forward() {
				got[deref(x.TargetGroupArn)] = weightOf(x)
			}
			if !maps.Equal(got, c.want) || r.Governed() != c.governed {
				t.Errorf("weights %v, governed %v; want %v, %v", got, r.Governed(), c.want, c.governed)
			}
		})
	}
}

// say lets a user say actions for the default rule.
func (w *world) say(actions []elbv2.Action) *Rule {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		next := *w.rule(tx)
		next.Say(actions)
		PutRule(tx, &next)
		return nil
	})
	var r *Rule
	w.st.View(func(tx *store.Tx) { r = w.rule(tx) })
	return r
}

func (w *world) rule(tx *store.Tx) *Rule {
	w.t.Helper()
	r, ok := GetRule(tx, defaultARN)
	if !ok {
		w.t.Fatal("no default rule")
	}
	return r
}

func (w *world) shift(toBlue, toGreen int) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		return SetWeights(tx, defaultARN, map[string]int{blue: toBlue, green: toGreen})
	})
}

func (w *world) expectWeights(when string, toBlue, toGreen int) {
	w.t.Helper()
	w.st.View(func(tx *store.Tx) {
		got, err := Weights(tx, defaultARN)
		if err != nil || got[blue] != toBlue || got[green] != toGreen {
			w.t.Errorf("%s: %v, %v; want %d, %d", when, got, err, toBlue, toGreen)
		}
	})
}

// One rule through three deployments, a restart, a script that writes back what it
// read, and an edit.
func TestGovernedRuleThroughItsLife(t *testing.T) {
	w := newWorld(t)
	terraform := forwardTo(blue, 100, green, 0)
	w.say(terraform)
	w.shift(90, 10)
	w.say(terraform)
	w.expectWeights("restated in a canary", 90, 10)
	w.say(forwardTo(green, 10, blue, 90)) // read back and written by a script
	w.shift(0, 100)
	w.say(forwardTo(blue, 90, green, 10))
	w.expectWeights("a stale reading written back", 0, 100)
	w.restart()
	w.say(terraform)
	w.expectWeights("restated after a restart", 0, 100)
	w.shift(100, 0)
	w.say(terraform)
	w.expectWeights("the next deployment came back to blue", 100, 0)

	w.say(forwardTo(blue, 1, green, 1))
	w.expectWeights("an edit", 1, 1)
	w.shift(0, 100)
	w.say(terraform)
	w.expectWeights("what was said before the edit is an edit too", 100, 0)
}

// However many different readings are written back, the first statement is kept.
func TestGivenIsBounded(t *testing.T) {
	w := newWorld(t)
	w.say(forwardTo(blue, 100, green, 0))
	for n := 1; n < 20; n++ {
		w.shift(100-n, n)
		w.say(forwardTo(blue, 100-n, green, n))
	}
	if r := w.say(forwardTo(blue, 100, green, 0)); len(r.Given) > maxGiven || !r.Governed() {
		t.Errorf("%v", r.Given)
	}
	w.expectWeights("restated", 81, 19)
}

// Stickiness belongs to the action but is not the deployment's.
func TestSayChangesStickiness(t *testing.T) {
	w := newWorld(t)
	w.say(forwardTo(blue, 100, green, 0))
	w.shift(0, 100)
	sticky := forwardTo(blue, 100, green, 0)
	sticky[0].Order = aws.Int32(1)
	sticky[0].ForwardConfig.TargetGroupStickinessConfig = &elbv2.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(60)}
	r := w.say(sticky)
	w.expectWeights("with stickiness", 0, 100)
	if f := w.applied().Listeners[0].Rules[0].Action.Forward; !f.Sticky || deref(r.Actions.V[0].Order) != 1 || !r.Governed() {
		t.Errorf("%+v, order %v", f, r.Actions.V[0].Order)
	}
}

func TestGovernAndRelease(t *testing.T) {
	w := newWorld(t)
	at := func(want string, governed bool) {
		t.Helper()
		w.st.View(func(tx *store.Tx) {
			if r := w.rule(tx); r.Owner != want || r.Governed() != governed {
				t.Errorf("owner %q, governed %v; want %q, %v", r.Owner, r.Governed(), want, governed)
			}
		})
	}
	release := func(owner string) {
		w.update(func(tx *store.Tx) error { Release(tx, listenerARN, owner); return nil })
	}
	w.update(func(tx *store.Tx) error { return Govern(tx, listenerARN, "web") })
	at("web", true)
	w.shift(0, 100)
	at("web", true)
	w.say(short(blue))
	w.expectWeights("restated", 0, 100)
	release("other")
	at("web", true)
	release("web")
	at("", false)
	w.expectWeights("released", 0, 100)
	w.say(forwardTo(blue, 100, green, 0))
	w.expectWeights("said after the release", 100, 0)
	release("web")
	w.update(func(tx *store.Tx) error { Release(tx, "arn:none", ""); return nil })
}

func TestServing(t *testing.T) {
	w := newWorld(t)
	serving := func(at string) (got []string, err error) {
		w.st.View(func(tx *store.Tx) { got, err = Serving(tx, at) })
		return got, err
	}
	for _, c := range []struct {
		blue, green int
		want        []string
	}{{100, 0, []string{blue}}, {0, 100, []string{green}}, {999, 1, []string{blue, green}}, {0, 0, nil}} {
		w.shift(c.blue, c.green)
		for _, at := range []string{defaultARN, listenerARN} {
			if got, err := serving(at); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%v: %v, %v", c, got, err)
			}
		}
	}
	w.say(fixed())
	if _, err := serving(listenerARN); !errors.Is(err, ErrNoForward) {
		t.Errorf("a fixed response: %v", err)
	}
	for _, at := range []string{"arn:none", listenerARN + "0"} {
		if _, err := serving(at); !errors.Is(err, ErrNoRule) {
			t.Errorf("%s: %v", at, err)
		}
	}
	for what, err := range map[string]error{
		"SetWeights": w.st.Update(func(tx *store.Tx) error { return SetWeights(tx, listenerARN, map[string]int{blue: 1}) }),
		"Govern":     w.st.Update(func(tx *store.Tx) error { return Govern(tx, listenerARN, "web") }),
	} {
		if !errors.Is(err, ErrNoForward) {
			t.Errorf("%s of a fixed response: %v", what, err)
		}
	}
}

func TestLoadBalancerOfRule(t *testing.T) {
	for _, at := range []string{defaultARN, listenerARN, lbARN} {
		if got := LoadBalancerOfRule(at); got != lbARN {
			t.Errorf("%s: %s", at, got)
		}
	}
}

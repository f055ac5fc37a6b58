package route

import (
	"errors"
	"fmt"
)

// Router is a compiled Table. It is immutable but for the turns of its choosers
// and safe for concurrent use.
type Router struct {
	table     *Table
	listeners map[string]*Rules
}

// Rules are the compiled rules of one listener.
type Rules struct {
	Listener *Listener
	ordered  []*CompiledRule
}

// CompiledRule is one rule, ready to match.
type CompiledRule struct {
	*Rule
	// Chooser is set for a forward action.
	Chooser *Chooser
	// Evaluated is how many rules a request that this one matches is compared
	// with, the default rule not counted.
	Evaluated  int
	conditions []condition
	transforms []transform
}

// CompileError tells which rule of which listener a proxy cannot serve.
type CompileError struct {
	Listener, Rule string
	Err            error
}

func (e *CompileError) Error() string {
	return fmt.Sprintf("route: listener %s, rule %s: %v", e.Listener, e.Rule, e.Err)
}

func (e *CompileError) Unwrap() error { return e.Err }

// Reasons for which a rule is refused.
var (
	errNoDefault = errors.New("the last rule must be the default rule, without conditions")
	errNoAction  = errors.New("a rule needs exactly one of forward, redirect and fixed-response")
	errNoGroup   = errors.New("the forward action names a target group that is not in the table")
)

// Compile checks a table and prepares it for matching.
func Compile(t *Table) (*Router, error) {
	r := &Router{table: t, listeners: make(map[string]*Rules, len(t.Listeners))}
	for i := range t.Listeners {
		l := &t.Listeners[i]
		rules := &Rules{Listener: l}
		for j := range l.Rules {
			rule, err := compileRule(t, &l.Rules[j])
			if err != nil {
				return nil, &CompileError{l.ARN, l.Rules[j].ARN, err}
			}
			rule.Evaluated = min(j+1, len(l.Rules)-1)
			rules.ordered = append(rules.ordered, rule)
		}
		if n := len(rules.ordered); n == 0 || len(rules.ordered[n-1].conditions) > 0 {
			return nil, &CompileError{l.ARN, "default", errNoDefault}
		}
		r.listeners[l.ARN] = rules
	}
	return r, nil
}

func compileRule(t *Table, rule *Rule) (*CompiledRule, error) {
	c := &CompiledRule{Rule: rule}
	for i := range rule.Conditions {
		cond, err := compileCondition(&rule.Conditions[i])
		if err != nil {
			return nil, err
		}
		c.conditions = append(c.conditions, cond)
	}
	for i := range rule.Transforms {
		tr, err := compileTransform(&rule.Transforms[i])
		if err != nil {
			return nil, err
		}
		c.transforms = append(c.transforms, tr)
	}
	a := &rule.Action
	actions := 0
	for _, set := range []bool{a.Forward != nil, a.Redirect != nil, a.Fixed != nil} {
		if set {
			actions++
		}
	}
	if actions != 1 {
		return nil, errNoAction
	}
	if a.Forward != nil {
		for _, g := range a.Forward.Groups {
			if t.Groups[g.Group] == nil {
				return nil, fmt.Errorf("%w: %s", errNoGroup, g.Group)
			}
		}
		c.Chooser = newChooser(a.Forward)
	}
	return c, nil
}

// Continue takes over the turns of the router that r replaces, so that shares
// stay smooth however often tables change.
func (r *Router) Continue(before *Router) {
	if before == nil {
		return
	}
	for arn, rules := range r.listeners {
		old := before.listeners[arn]
		if old == nil {
			continue
		}
		turns := make(map[string]*Chooser, len(old.ordered))
		for _, rule := range old.ordered {
			if rule.Chooser != nil {
				turns[rule.ARN] = rule.Chooser
			}
		}
		for _, rule := range rules.ordered {
			if c := turns[rule.ARN]; c != nil && rule.Chooser != nil {
				rule.Chooser.turn = c.turn
			}
		}
	}
}

// Table returns the table that was compiled.
func (r *Router) Table() *Table { return r.table }

// Listener returns the rules of a listener, or nil.
func (r *Router) Listener(arn string) *Rules { return r.listeners[arn] }

// Match returns the first rule, in ascending priority, of which all conditions
// hold. The default rule has none, so there always is one.
func (rs *Rules) Match(req *Request) *CompiledRule {
	for _, rule := range rs.ordered {
		if rule.match(req) {
			return rule
		}
	}
	return nil
}

func (c *CompiledRule) match(req *Request) bool {
	for _, cond := range c.conditions {
		if !cond.match(req) {
			return false
		}
	}
	return true
}

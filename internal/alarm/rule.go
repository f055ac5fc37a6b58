package alarm

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/grue-ecs/grue/internal/arn"
)

// Limits of a composite alarm's rule.
const (
	MaxRule     = 10240
	MaxChildren = 100
	MaxElements = 500
)

// Rule is the parsed rule of a composite alarm.
type Rule struct {
	root     ruleNode
	children []string
}

// ruleNode tells whether it holds, given the states of alarms.
type ruleNode func(state func(name string) string) bool

// Children are the names of the alarms in the rule, each once, in their order.
func (r *Rule) Children() []string { return slices.Clone(r.children) }

// Holds evaluates the rule.
func (r *Rule) Holds(state func(name string) string) bool { return r.root(state) }

// ParseRule reads a rule: ALARM(x), OK(x), INSUFFICIENT_DATA(x), TRUE, FALSE,
// NOT, AND, OR and parentheses. x is a name or an ARN, in quotes if it has signs
// in it. NOT binds tighter than AND, AND tighter than OR.
func ParseRule(src string) (*Rule, error) {
	if src == "" || len([]rune(src)) > MaxRule {
		return nil, fmt.Errorf("an alarm rule has between 1 and %d characters", MaxRule)
	}
	tokens, err := scan(src, func(r rune) bool {
		return !unicode.IsSpace(r) && r != '(' && r != ')' && r != '"' && r != ',' && r != unicode.ReplacementChar
	})
	if err != nil {
		return nil, err
	}
	if len(tokens) > 4*MaxElements {
		return nil, fmt.Errorf("an alarm rule has at most %d elements", MaxElements)
	}
	p := &ruleParser{reader: reader{tokens: tokens}, rule: &Rule{}}
	if p.rule.root, err = p.or(); err != nil {
		return nil, err
	}
	if p.peek().kind != 0 {
		return nil, p.unexpected("expected AND, OR or the end")
	}
	if len(p.rule.children) > MaxChildren {
		return nil, fmt.Errorf("an alarm rule names at most %d alarms", MaxChildren)
	}
	if p.elements > MaxElements {
		return nil, fmt.Errorf("an alarm rule has at most %d elements", MaxElements)
	}
	return p.rule, nil
}

type ruleParser struct {
	reader
	rule     *Rule
	elements int
}

func (p *ruleParser) or() (ruleNode, error) {
	left, err := p.and()
	for err == nil && p.keyword("OR") {
		var right ruleNode
		if right, err = p.and(); err == nil {
			a := left
			left = func(s func(string) string) bool { return a(s) || right(s) }
		}
	}
	return left, err
}

func (p *ruleParser) and() (ruleNode, error) {
	left, err := p.not()
	for err == nil && p.keyword("AND") {
		var right ruleNode
		if right, err = p.not(); err == nil {
			a := left
			left = func(s func(string) string) bool { return a(s) && right(s) }
		}
	}
	return left, err
}

func (p *ruleParser) not() (ruleNode, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	switch {
	case p.keyword("NOT"):
		inner, err := p.not()
		return func(s func(string) string) bool { return !inner(s) }, err
	case p.take("("):
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	return p.test()
}

// test reads TRUE, FALSE or STATE(name).
func (p *ruleParser) test() (ruleNode, error) {
	p.elements++
	for _, constant := range []string{"TRUE", "FALSE"} {
		if p.keyword(constant) {
			return func(func(string) string) bool { return constant == "TRUE" }, nil
		}
	}
	for _, state := range []string{Alarm, OK, Insufficient} {
		if !p.keyword(state) {
			continue
		}
		if err := p.expect("("); err != nil {
			return nil, err
		}
		t := p.next()
		if t.kind != 'w' && t.kind != 'q' || t.text == "" {
			return nil, &SyntaxError{t.at, "expected the name or ARN of an alarm"}
		}
		name := NameOf(t.text)
		if !slices.Contains(p.rule.children, name) {
			p.rule.children = append(p.rule.children, name)
		}
		return func(s func(string) string) bool { return s(name) == state }, p.expect(")")
	}
	return nil, p.unexpected("expected ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT or (")
}

// NameOf is the name in an alarm's ARN, or s itself.
func NameOf(s string) string {
	if a, ok := arn.Parse(s); ok && a.Service == "cloudwatch" {
		if name, ok := strings.CutPrefix(a.Resource, "alarm:"); ok {
			return name
		}
	}
	return s
}

package alarm

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxFormula is the longest expression that CloudWatch takes.
const maxFormula = 2048

// Formula is a parsed metric math expression.
type Formula struct {
	root node
	ids  []string
	all  bool
}

// IDs are the ids of other queries that the formula names, each once.
func (f *Formula) IDs() []string { return slices.Clone(f.ids) }

// All tells whether the formula uses METRICS, and so every metric.
func (f *Formula) All() bool { return f.all }

// Eval computes the formula over the series of ids.
func (f *Formula) Eval(e *Env) (Value, error) { return f.root(e) }

// node is one part of a formula.
type node func(*Env) (Value, error)

var idForm = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,254}$`)

// ValidID tells whether s can be the id of a query.
func ValidID(s string) bool { return idForm.MatchString(s) }

// ParseFormula reads a metric math expression.
func ParseFormula(src string) (*Formula, error) {
	if strings.TrimSpace(src) == "" || len(src) > maxFormula {
		return nil, fmt.Errorf("an expression has between 1 and %d characters", maxFormula)
	}
	tokens, err := scan(src, func(r rune) bool {
		return r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	})
	if err != nil {
		return nil, err
	}
	p := &formulaParser{reader: reader{tokens: tokens}, formula: &Formula{}}
	if p.formula.root, err = p.binary(0); err != nil {
		return nil, err
	}
	if p.peek().kind != 0 {
		return nil, p.unexpected("expected an operator or the end")
	}
	return p.formula, nil
}

type formulaParser struct {
	reader
	formula *Formula
}

// levels are the binary operators, loosest first; ^ is read by power.
var levels = [][]string{
	{"||", "OR"},
	{"&&", "AND"},
	{"==", "!=", "<=", ">=", "<", ">"},
	{"+", "-"},
	{"*", "/"},
}

func (p *formulaParser) binary(level int) (node, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		op := p.operator(levels[level])
		if op == "" {
			return left, nil
		}
		var right node
		if right, err = p.binary(level + 1); err == nil {
			left = binaryNode(arithmetic[op], left, right)
		}
	}
	return nil, err
}

// operator consumes one of ops and returns its sign.
func (p *formulaParser) operator(ops []string) string {
	for _, op := range ops {
		if p.take(op) || op >= "A" && op <= "Z" && p.keyword(op) {
			return op
		}
	}
	return ""
}

func (p *formulaParser) unary() (node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("-"):
		inner, err := p.unary()
		return binaryNode(arithmetic["-"], constant(0), inner), err
	case p.take("+"):
		return p.unary()
	}
	base, err := p.operand()
	if err == nil && p.take("^") {
		var exponent node
		if exponent, err = p.unary(); err == nil {
			return binaryNode(arithmetic["^"], base, exponent), nil
		}
	}
	return base, err
}

func (p *formulaParser) operand() (node, error) {
	switch {
	case p.take("("):
		inner, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	case p.take("["):
		args, err := p.arguments("]")
		return listNode(args), err
	}
	t := p.next()
	if t.kind != 'w' {
		if t.kind != 0 {
			return nil, &SyntaxError{t.at, fmt.Sprintf("expected a number, an id or a function, not %q", t.text)}
		}
		return nil, &SyntaxError{t.at, "expected a number, an id or a function, but the expression ends"}
	}
	if n, err := strconv.ParseFloat(t.text, 64); err == nil && (t.text[0] == '.' || t.text[0] >= '0' && t.text[0] <= '9') {
		return constant(n), nil
	}
	if p.take("(") {
		return p.call(t)
	}
	if !ValidID(t.text) {
		return nil, &SyntaxError{t.at, fmt.Sprintf("%q is neither a number nor an id: ids begin with a lower-case letter", t.text)}
	}
	return p.id(t.text), nil
}

func (p *formulaParser) id(name string) node {
	if !slices.Contains(p.formula.ids, name) {
		p.formula.ids = append(p.formula.ids, name)
	}
	return func(e *Env) (Value, error) {
		v, ok := e.Values[name]
		if !ok {
			return Value{}, fmt.Errorf("there is no query with the id %s", name)
		}
		return v, nil
	}
}

// arguments reads up to the closing sign.
func (p *formulaParser) arguments(closing string) ([]node, error) {
	if p.take(closing) {
		return nil, nil
	}
	var out []node
	for {
		arg, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		out = append(out, arg)
		if !p.take(",") {
			return out, p.expect(closing)
		}
	}
}

// call reads the arguments of a function. FILL's second may be a word, METRICS's
// only one is a quoted text, and SORT takes words.
func (p *formulaParser) call(name token) (node, error) {
	switch word := strings.ToUpper(name.text); word {
	case "METRICS":
		var part string
		p.formula.all = true
		if t := p.peek(); t.kind == 'q' {
			part = p.next().text
		}
		return metricsNode(part), p.expect(")")
	case "FILL":
		series, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
		for _, how := range []string{"REPEAT", "LINEAR"} {
			if p.keyword(how) {
				return fillNode(series, how, nil), p.expect(")")
			}
		}
		with, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		return fillNode(series, "", with), p.expect(")")
	case "SORT":
		series, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
		sorted, err := p.sorting(series)
		if err != nil {
			return nil, err
		}
		return sorted, p.expect(")")
	default:
		fn, ok := functions[word]
		if !ok {
			return nil, &SyntaxError{name.at, fmt.Sprintf("the function %s is not available", name.text)}
		}
		args, err := p.arguments(")")
		if err != nil {
			return nil, err
		}
		if len(args) < fn.least || fn.most >= 0 && len(args) > fn.most {
			return nil, &SyntaxError{name.at, fmt.Sprintf("%s has the wrong number of arguments: %d", word, len(args))}
		}
		return callNode(fn.apply, args), nil
	}
}

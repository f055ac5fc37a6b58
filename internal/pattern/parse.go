package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Dialect is whose patterns they are.
type Dialect int

// The dialects.
const (
	Events Dialect = iota // EventBridge's event patterns
	Policy                // SNS's filter policies
)

// Pattern is a parsed pattern. It is immutable.
type Pattern struct{ root *object }

// object matches an object of the document.
type object struct {
	keys []key
	// or are the $or lists: of each, one object must match.
	or [][]*object
	// absent tells that it asks only for keys that are not there.
	absent bool
}

// key is one key of an object: either alternatives or an object below.
type key struct {
	name         string
	alternatives []operator
	below        *object
}

// maxCombinations is how many patterns without $or a pattern may stand for.
const maxCombinations = 1000

// maxDepth bounds the nesting of patterns.
const maxDepth = 100

// Parse reads a pattern. Its errors say what is wrong, in AWS's words where AWS
// has some.
func Parse(doc string, d Dialect) (*Pattern, error) {
	v, err := Decode([]byte(doc))
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("Filter is not an object")
	}
	if len(m) == 0 {
		return nil, errors.New("Empty objects are not allowed")
	}
	p := parser{d}
	root, err := p.object(m, 0)
	if err != nil {
		return nil, err
	}
	if n := root.combinations(); n > maxCombinations {
		return nil, fmt.Errorf("the pattern stands for more than %d combinations of $or and is too complex", maxCombinations)
	}
	return &Pattern{root}, nil
}

// Decode reads a JSON document and keeps the text of its numbers.
func Decode(doc []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("the document is not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the document is not JSON: something follows its end")
	}
	return v, nil
}

type parser struct{ dialect Dialect }

func (p parser) object(m map[string]any, depth int) (*object, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the pattern is nested more than %d deep", maxDepth)
	}
	o := &object{absent: true}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		var err error
		switch v := m[name].(type) {
		case []any:
			if name == "$or" {
				err = p.or(o, v, depth)
				break
			}
			err = p.list(o, name, v)
		case map[string]any:
			err = p.below(o, name, v, depth)
		default:
			err = fmt.Errorf("%q must be an object or an array", name)
		}
		if err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (p parser) below(o *object, name string, v map[string]any, depth int) error {
	if len(v) == 0 {
		return fmt.Errorf("Empty objects are not allowed: %q", name)
	}
	sub, err := p.object(v, depth+1)
	if err != nil {
		return err
	}
	o.keys = append(o.keys, key{name: name, below: sub})
	o.absent = o.absent && sub.absent
	return nil
}

func (p parser) list(o *object, name string, list []any) error {
	if len(list) == 0 {
		return fmt.Errorf("Empty arrays are not allowed: %q", name)
	}
	k := key{name: name}
	absent := true
	for _, v := range list {
		op, err := p.operator(v)
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		k.alternatives = append(k.alternatives, op)
		e, ok := op.(exists)
		absent = absent && ok && !bool(e)
	}
	o.keys = append(o.keys, k)
	o.absent = o.absent && absent
	return nil
}

func (p parser) or(o *object, list []any, depth int) error {
	if len(list) < 2 {
		return errors.New(`"$or" must be an array of at least 2 objects`)
	}
	var alternatives []*object
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok || len(m) == 0 {
			return errors.New(`"$or" must be an array of objects that are not empty`)
		}
		sub, err := p.object(m, depth+1)
		if err != nil {
			return err
		}
		alternatives = append(alternatives, sub)
		o.absent = o.absent && sub.absent
	}
	o.or = append(o.or, alternatives)
	return nil
}

// combinations counts the patterns without $or that an object stands for, no
// further than what is too many.
func (o *object) combinations() int {
	n := 1
	for _, k := range o.keys {
		if k.below != nil {
			n = min(n*k.below.combinations(), maxCombinations+1)
		}
	}
	for _, list := range o.or {
		sum := 0
		for _, sub := range list {
			sum += sub.combinations()
		}
		n = min(n*sum, maxCombinations+1)
	}
	return n
}

// Depth and Keys describe a pattern for limits: how deep its keys are nested (1 =
// flat) and how many lists of alternatives it has.
func (p *Pattern) Depth() int { return p.root.depth() }

// Keys counts the lists of alternatives.
func (p *Pattern) Keys() int { return p.root.count() }

func (o *object) depth() int {
	d := 1
	for _, k := range o.keys {
		if k.below != nil {
			d = max(d, 1+k.below.depth())
		}
	}
	for _, list := range o.or {
		for _, sub := range list {
			d = max(d, sub.depth())
		}
	}
	return d
}

func (o *object) count() (n int) {
	for _, k := range o.keys {
		if k.below == nil {
			n++
			continue
		}
		n += k.below.count()
	}
	for _, list := range o.or {
		for _, sub := range list {
			n += sub.count()
		}
	}
	return n
}

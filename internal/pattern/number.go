package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// bound is the largest number, positive or negative, that AWS compares.
const bound = 5_000_000_000

// sameNumber is a number that is compared by value: in SNS.
type sameNumber struct{ value *big.Float }

func (o sameNumber) matches(leaf any) bool {
	n, ok := value(leaf)
	return ok && n.Cmp(o.value) == 0
}

// number reads a number that stands for itself.
func (p parser) number(n json.Number) (operator, error) {
	if p.dialect == Events {
		return exact{n}, nil
	}
	v, ok := value(n)
	if !ok {
		return nil, fmt.Errorf("the number %s is not between -5.0e9 and 5.0e9", n)
	}
	return sameNumber{v}, nil
}

// precision in bits: enough to tell apart what AWS tells apart.
const precision = 128

// value is a number of the document, if it is one that AWS compares.
func value(leaf any) (*big.Float, bool) {
	n, ok := leaf.(json.Number)
	if !ok || len(n) > 64 || farExponent(string(n)) {
		return nil, false
	}
	f, _, err := big.ParseFloat(string(n), 10, precision, big.ToNearestEven)
	if err != nil {
		return nil, false
	}
	if abs := new(big.Float).Abs(f); abs.Cmp(big.NewFloat(bound)) > 0 {
		return nil, false
	}
	return f, true
}

// farExponent tells exponents of more than three digits: nobody compares those,
// and they take long to read.
func farExponent(s string) bool {
	i := strings.IndexAny(s, "eE")
	return i >= 0 && len(strings.TrimLeft(s[i+1:], "+-0")) > 3
}

// numberRange is {"numeric": [">", 0, "<=", 5]}; nil = no such limit.
type numberRange struct {
	low, high         *big.Float
	openLow, openHigh bool
}

func (o numberRange) matches(leaf any) bool {
	n, ok := value(leaf)
	if !ok {
		return false
	}
	if o.low != nil {
		if c := n.Cmp(o.low); c < 0 || c == 0 && o.openLow {
			return false
		}
	}
	if o.high != nil {
		if c := n.Cmp(o.high); c > 0 || c == 0 && o.openHigh {
			return false
		}
	}
	return true
}

// parseRange reads "=", one limit, or a lower limit before an upper one.
func parseRange(v any) (operator, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, errors.New("Value of numeric must be an array.")
	}
	if len(list) != 2 && len(list) != 4 {
		return nil, errors.New("Numeric patterns have an operator and a number, or two of each: [\">\", 0, \"<=\", 5]")
	}
	var out numberRange
	for i := 0; i < len(list); i += 2 {
		name, isText := list[i].(string)
		if !isText {
			return nil, fmt.Errorf("Invalid member in numeric match: %v", list[i])
		}
		n, isNumber := value(list[i+1])
		if !isNumber {
			return nil, fmt.Errorf("Value of %s must be numeric, between -5.0e9 and 5.0e9", name)
		}
		if err := out.limit(name, n, len(list) == 4, i == 0); err != nil {
			return nil, err
		}
	}
	if out.low != nil && out.high != nil && len(list) == 4 && out.low.Cmp(out.high) >= 0 {
		return nil, errors.New("Bottom must be less than top")
	}
	return out, nil
}

func (o *numberRange) limit(name string, n *big.Float, pair, first bool) error {
	switch name {
	case "=":
		if pair {
			return errors.New("Numeric equality stands alone: [\"=\", 5]")
		}
		o.low, o.high = n, n
	case ">", ">=":
		if !first {
			return errors.New("Too many terms in numeric range expression: the lower limit comes first and once")
		}
		o.low, o.openLow = n, name == ">"
	case "<", "<=":
		if pair && first {
			return errors.New("Too many terms in numeric range expression: the upper limit comes last and once")
		}
		o.high, o.openHigh = n, name == "<"
	default:
		return fmt.Errorf("Unrecognized numeric range operator: %s", name)
	}
	return nil
}

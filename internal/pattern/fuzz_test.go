package pattern

import "testing"

// A pattern that was accepted never fails on a document, and what it says does
// not change when it is asked again.
func FuzzPattern(f *testing.F) {
	f.Add(`{"source":["aws.ecs"],"detail":{"n":[{"numeric":[">",0,"<=",5]}]}}`, event)
	f.Add(`{"$or":[{"a":[{"anything-but":{"prefix":["a","b"]}}]},{"b":[{"wildcard":"a*\\*b"}]}]}`, `{"a":["c"],"b":"ax*b"}`)
	f.Add(`{"a":[{"exists":false},null,true,"",{"cidr":"::/0"},{"suffix":{"equals-ignore-case":"É"}}]}`, `{"a":[[],{},null,1e400]}`)
	f.Fuzz(func(t *testing.T, text, doc string) {
		v, err := Decode([]byte(doc))
		if err != nil {
			return
		}
		for _, d := range []Dialect{Events, Policy} {
			p, err := Parse(text, d)
			if err != nil {
				if err.Error() == "" {
					t.Error("an error without a reason")
				}
				continue
			}
			first := p.Matches(v)
			if p.Matches(v) != first {
				t.Error("two answers")
			}
			if p.Depth() < 1 || p.Keys() < 1 {
				t.Errorf("depth %d, %d keys", p.Depth(), p.Keys())
			}
		}
	})
}

// A wildcard agrees with the obvious recursion.
func FuzzWildcard(f *testing.F) {
	f.Add("a*b", "axxb")
	f.Add("*a*b*", "ab")
	f.Add(`\*\\*`, `*\x`)
	f.Fuzz(func(t *testing.T, text, s string) {
		op, err := parseWildcard(text)
		if err != nil || len(text) > 20 || len(s) > 40 {
			return
		}
		if got, want := op.matches(s), slow(text, s); got != want {
			t.Errorf("%q matches %q: %v", text, s, got)
		}
	})
}

func slow(p, s string) bool {
	switch {
	case p == "":
		return s == ""
	case p[0] == '*':
		for i := 0; i <= len(s); i++ {
			if slow(p[1:], s[i:]) {
				return true
			}
		}
		return false
	case p[0] == '\\':
		p = p[1:]
	}
	return s != "" && s[0] == p[0] && slow(p[1:], s[1:])
}

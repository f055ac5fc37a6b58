package alarm

import (
	"slices"
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	states := map[string]string{"a": Alarm, "b": OK, "c d": Insufficient, "x/y-z.1": Alarm}
	for src, want := range map[string]bool{
		"TRUE": true, "false": false, "ALARM(a)": true, "OK(a)": false, "NOT OK(b)": false,
		"ALARM(a) AND ALARM(b)": false, "ALARM(a) or ALARM(b)": true, `INSUFFICIENT_DATA("c d")`: true,
		"OK(b) OR FALSE AND FALSE": true, "NOT FALSE AND FALSE": false, "NOT (FALSE AND FALSE)": true,
		"ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)": true, "ALARM( x/y-z.1 )": true,
		"(ALARM(a)\nAND\tNOT(OK(a)))": true, "ALARM(TRUE)": false,
	} {
		r, err := ParseRule(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := r.Holds(func(n string) string { return states[n] }); got != want {
			t.Errorf("%s = %v", src, got)
		}
	}
	r, err := ParseRule("ALARM(b) AND (OK(a) OR OK(b))")
	if err != nil || !slices.Equal(r.Children(), []string{"b", "a"}) {
		t.Error(r.Children(), err)
	}
}

func TestBadRules(t *testing.T) {
	for _, src := range []string{
		"", "a", "ALARM", "ALARM()", "ALARM(a", "ALARM(a) AND", "ALARM(a) OK(b)", "NOT", "ALARM(a b)", `ALARM("a)`,
		"ALARM(a))", strings.Repeat("NOT ", 1000) + "TRUE", strings.Repeat("x", MaxRule+1),
		strings.Repeat("TRUE OR ", 501) + "TRUE",
	} {
		if _, err := ParseRule(src); err == nil {
			t.Errorf("%q was accepted", Clip(src, 60))
		}
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{"ALARM(a) AND (OK(b) OR NOT INSUFFICIENT_DATA(\"c\"))", "TRUE", "NOT FALSE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		r, err := ParseRule(src)
		if err != nil {
			return
		}
		r.Holds(func(string) string { return OK })
		if len(r.Children()) > MaxChildren {
			t.Fatal("too many children")
		}
	})
}

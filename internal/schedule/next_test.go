package schedule

import (
	"fmt"
	"testing"
	"time"
)

// tasks makes n tasks of a revision: p pending, s starting, h healthy, u unhealthy, x stopping.
func tasks(rev string, states string) []Task {
	var out []Task
	for i, c := range states {
		t := Task{ID: fmt.Sprintf("%s-%d", rev, i), Rev: rev, Phase: Running, Created: time.Unix(int64(i), 0)}
		switch c {
		case 'p':
			t.Phase = Pending
		case 'h':
			t.Healthy = true
		case 'u':
			t.Unhealthy = true
		case 'x':
			t.Phase = Stopping
		case 'P': // protected and healthy
			t.Healthy, t.Protected = true, true
		}
		out = append(out, t)
	}
	return out
}

func summary(p Plan) string {
	n, s := map[string]int{}, map[Why]int{}
	for _, l := range p.Launch {
		n[l.Rev]++
	}
	for _, x := range p.Stop {
		s[x.Why]++
	}
	out := ""
	for _, r := range []string{"new", "old", "older"} {
		if n[r] > 0 {
			out += fmt.Sprintf("start %d %s, ", n[r], r)
		}
	}
	for _, w := range []Why{ScaleIn, Replaced, Unhealthy, Superseded} {
		if s[w] > 0 {
			out += fmt.Sprintf("stop %d %s, ", s[w], w)
		}
	}
	if p.Blocked.MinMax {
		out += "deadlock, "
	}
	if p.Blocked.Protected > 0 {
		out += fmt.Sprintf("%d protected, ", p.Blocked.Protected)
	}
	if out == "" {
		return "nothing"
	}
	return out[:len(out)-2]
}

// TestNext states single decisions of a deployment from old to new.
func TestNext(t *testing.T) {
	for _, c := range []struct {
		name           string
		d, low, high   int
		new, old       string
		newPeak        int
		oldPeak        int
		frozen, steady bool
		want           string
	}{
		// The table of minimumHealthyPercent and maximumPercent.
		{name: "4 at 50/100 stops 2 and starts 2", d: 4, low: 50, high: 100, old: "hhhh", oldPeak: 4, want: "start 2 new, stop 2 REPLACED"},
		{name: "then waits for health", d: 4, low: 50, high: 100, new: "pp", old: "hhxx", oldPeak: 4, want: "nothing"},
		{name: "then repeats", d: 4, low: 50, high: 100, new: "hh", old: "hhxx", oldPeak: 4, newPeak: 2, want: "start 2 new, stop 2 REPLACED"},
		{name: "4 at 100/200 starts 4", d: 4, low: 100, high: 200, old: "hhhh", oldPeak: 4, want: "start 4 new"},
		{name: "then stops 4", d: 4, low: 100, high: 200, new: "hhhh", old: "hhhh", oldPeak: 4, newPeak: 4, want: "stop 4 REPLACED"},
		{name: "2 at 75/100 is a deadlock", d: 2, low: 75, high: 100, old: "hh", oldPeak: 2, want: "deadlock"},
		{name: "3 at 100/125 is a deadlock", d: 3, low: 100, high: 125, old: "hhh", oldPeak: 3, want: "deadlock"},
		{name: "1 at 0/100 stops, then starts", d: 1, low: 0, high: 100, old: "h", oldPeak: 1, want: "start 1 new, stop 1 REPLACED"},
		{name: "1 at 100/200 starts, then stops", d: 1, low: 100, high: 200, old: "h", oldPeak: 1, want: "start 1 new"},
		{name: "10 at 90/110, one out one in", d: 10, low: 90, high: 110, old: "hhhhhhhhhh", oldPeak: 10, want: "start 2 new, stop 1 REPLACED"},
		// Sources.
		{name: "pending sources are cancelled at once", d: 4, low: 100, high: 200, old: "hhpp", oldPeak: 2, want: "start 4 new, stop 2 SUPERSEDED"},
		{name: "unhealthy sources go first", d: 4, low: 100, high: 200, old: "hhhu", oldPeak: 3, want: "start 4 new, stop 1 UNHEALTHY"},
		{name: "protected sources stay", d: 2, low: 100, high: 200, new: "hh", old: "PP", newPeak: 2, oldPeak: 2, want: "2 protected"},
		{name: "a lost source is replaced by its own", d: 4, low: 100, high: 200, new: "pppp", old: "hhh", oldPeak: 4, want: "start 1 old"},
		{name: "a lost target never brings the source back", d: 4, low: 100, high: 200, new: "hhh", newPeak: 4, oldPeak: 4, want: "start 1 new"},
		{name: "frozen target keeps the sources", d: 4, low: 0, high: 100, old: "hhhh", oldPeak: 4, frozen: true, want: "nothing"},
		// Health.
		{name: "sick task, room: replacement first", d: 4, low: 100, high: 200, new: "hhhu", newPeak: 4, steady: true, want: "start 1 new"},
		{name: "sick task goes when replaced", d: 4, low: 100, high: 200, new: "hhhhu", newPeak: 4, steady: true, want: "stop 1 UNHEALTHY"},
		{name: "sick task waits for its replacement", d: 4, low: 100, high: 200, new: "hhhup", newPeak: 4, steady: true, want: "nothing"},
		{name: "sick tasks, no room: one at a time", d: 4, low: 100, high: 100, new: "hhuu", newPeak: 4, steady: true, want: "start 1 new, stop 1 UNHEALTHY"},
		{name: "sick target with sources at full strength", d: 2, low: 100, high: 200, new: "uu", old: "hh", oldPeak: 2, want: "start 2 new, stop 2 UNHEALTHY"},
		{name: "scale in takes pending first", d: 2, low: 100, high: 200, new: "hhpp", steady: true, want: "stop 2 SCALE_IN"},
		{name: "scale in leaves low", d: 2, low: 100, high: 200, new: "hhhhh", steady: true, want: "stop 3 SCALE_IN"},
		{name: "scale in skips protected", d: 1, low: 100, high: 200, new: "PPh", steady: true, want: "stop 1 SCALE_IN, 1 protected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := summary(Next(Input{
				Desired: c.d, MinPercent: c.low, MaxPercent: c.high, Deploying: !c.steady, Primary: "new",
				Goals:  []Goal{{Rev: "new", Want: c.d, Peak: c.newPeak}, {Rev: "old", Peak: c.oldPeak}},
				Tasks:  append(tasks("new", c.new), tasks("old", c.old)...),
				Frozen: map[string]bool{"new": c.frozen},
			}))
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestSickBesideAnother: two revisions at full strength do not stand in for each
// other. One of them has the traffic, so a sick task of a revision that was
// complete stays until its replacement is healthy.
func TestSickBesideAnother(t *testing.T) {
	for _, c := range []struct {
		name     string
		new, old string
		newPeak  int
		want     string
	}{
		{"sick, it was complete", "uu", "hh", 2, "start 2 new"},
		{"its replacement starts", "uup", "hh", 2, "start 1 new"},
		{"its replacement is there", "uuhh", "hh", 2, "stop 2 UNHEALTHY"},
		{"half of it is sick", "uh", "hh", 2, "start 1 new"},
		{"the other is sick", "hh", "uu", 2, "start 2 old"},
		{"it never was complete", "uu", "hh", 1, "start 2 new, stop 2 UNHEALTHY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := summary(Next(Input{
				Desired: 2, MinPercent: 100, MaxPercent: 300, Deploying: true, Primary: "new",
				Goals: []Goal{{Rev: "new", Want: 2, Peak: c.newPeak}, {Rev: "old", Want: 2, Peak: 2}},
				Tasks: append(tasks("new", c.new), tasks("old", c.old)...),
			}))
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

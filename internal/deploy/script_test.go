package deploy

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata")

// TestScripts plays testdata/*.txt. A script is lines of what happens, each
// followed by indented lines of what the machine does. doc of words: player.do.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want) {
				t.Errorf("%s differs; got:\n%s", file, got)
			}
		})
	}
}

// play answers the script with the machine's own answers.
func play(t *testing.T, script string) string {
	var out strings.Builder
	p := &player{t: t, now: time.Unix(0, 0).UTC()}
	for line := range strings.Lines(script) {
		switch {
		case strings.HasPrefix(line, "  "): // an old answer
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
			out.WriteString(line)
		default:
			out.WriteString(line)
			for _, answer := range p.do(strings.Fields(line)) {
				out.WriteString("  " + answer + "\n")
			}
		}
	}
	return out.String()
}

// player holds the deployment of a script.
type player struct {
	t     *testing.T
	d     *Deployment
	now   time.Time
	shown string
	goals string
}

// do takes one line.
func (p *player) do(w []string) []string {
	switch w[0] {
	case "deploy":
		p.d = New(parseRequest(p.t, w[1:]), p.now)
		p.shown, p.goals = "", ""
		return p.answers(nil)
	case "rollout":
		var out []string
		for _, r := range append([]Rev{p.d.Target}, p.d.Sources...) {
			state, reason := RolloutState(p.d, r)
			role := "ACTIVE"
			if r == p.d.Primary() {
				role = "PRIMARY"
			}
			out = append(out, fmt.Sprintf("%s %s %s: %s", r, role, state, reason))
		}
		return out
	case "standing":
		n, _ := strconv.Atoi(w[1])
		return []string{"goals " + showGoals(Standing(p.d, n))}
	}
	if w[0] == "wait" {
		d, err := time.ParseDuration(w[1])
		if err != nil {
			p.t.Fatal(err)
		}
		p.now = p.now.Add(d)
	}
	effects := Step(p.d, parseEvent(p.t, p.d, w), p.now)
	if err := Check(p.d); err != nil {
		p.t.Fatalf("%v: %v", w, err)
	}
	return p.answers(effects)
}

// answers shows what changed.
func (p *player) answers(effects []Effect) []string {
	var out []string
	for _, e := range effects {
		s := showEffect(e)
		if _, ok := e.(Scale); ok {
			if s == p.goals {
				continue // only peaks changed, or told again
			}
			p.goals = s
		}
		if s != "" {
			out = append(out, s)
		}
	}
	state := strings.TrimSpace(fmt.Sprintf("%s %s", p.d.Status, p.d.Stage))
	if p.d.StatusReason != "" {
		state += " | " + p.d.StatusReason
	}
	if p.d.Breaker.Failures > 0 {
		state += fmt.Sprintf(" | breaker %d/%d %s", p.d.Breaker.Failures, p.d.Breaker.Threshold, p.d.Breaker.Status)
	}
	if state != p.shown {
		p.shown = state
		out = append(out, "= "+state)
	}
	return out
}

func showEffect(e Effect) string {
	switch e := e.(type) {
	case Scale:
		return "goals " + showGoals(e.Goals)
	case Emit:
		var parts []string
		if e.Message != "" {
			parts = append(parts, "event: "+e.Message)
		}
		if e.EventName != "" {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.EventType, e.EventName, e.Deployment, e.Reason)))
		}
		return strings.Join(parts, " / ")
	case SetPrimary:
		return "primary " + string(e.Rev)
	case SetWeights:
		return fmt.Sprintf("weights v%d production %s test %s", e.Version, showShares(e.Production), showShares(e.Test))
	case InvokeHook:
		return fmt.Sprintf("invoke %s call %d production %s test %s", e.Hook.Stage, e.Hook.Call, showShares(e.Production), showShares(e.Test))
	case Finished:
		return "finished " + string(e.Status)
	}
	return ""
}

func showGoals(goals []Goal) string {
	var parts []string
	for _, g := range goals {
		s := fmt.Sprintf("%s=%d", g.Rev, g.Want)
		if g.Frozen {
			s += "(frozen)"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func showShares(shares []Share) string {
	if len(shares) == 0 {
		return "-"
	}
	var parts []string
	for _, s := range shares {
		parts = append(parts, fmt.Sprintf("%s:%g", s.Rev, s.Percent()))
	}
	return strings.Join(parts, ",")
}

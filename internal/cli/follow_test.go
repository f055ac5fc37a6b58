package cli

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grue-ecs/grue/internal/client"
)

// at is a service whose deployment is at a stage, with an outcome.
func at(stage string, outcome client.Outcome) *client.Snapshot {
	d := &client.Deployment{Stage: stage, Outcome: outcome}
	if outcome == client.WaitsForApproval {
		d.Hooks = []client.Hook{{ID: "1", Status: "AWAITING_ACTION"}}
	}
	return &client.Snapshot{Deployment: d, Steady: outcome.Final()}
}

// When a wait is over, and with which exit code; -1 = it goes on.
func TestWhenWaitsEnd(t *testing.T) {
	unsettled := at("", client.Deployed)
	unsettled.Steady = false
	for _, c := range []struct {
		name      string
		what      string // --for
		approvals bool
		seen      *client.Snapshot
		want      int
	}{
		{"going on", "done", false, at("SCALE_UP", client.InProgress), -1},
		{"deployed", "done", false, at("CLEAN_UP", client.Deployed), exitOK},
		{"rolled back", "done", false, at("", client.RolledBack), exitRolledBack},
		{"rollback failed", "done", false, at("", client.RollbackFailed), exitStopped},
		{"stopped", "done", false, at("", client.Stopped), exitStopped},
		{"going back", "done", false, at("", client.RollingBack), -1},
		{"waits for a person", "done", false, at("SCALE_UP", client.WaitsForApproval), exitApproval},
		{"somebody comes", "done", true, at("SCALE_UP", client.WaitsForApproval), -1},
		{"no deployment", "done", false, &client.Snapshot{}, exitOK},
		{"stage to come", "BAKE_TIME", false, at("SCALE_UP", client.InProgress), -1},
		{"stage reached", "SCALE_UP", false, at("POST_SCALE_UP", client.InProgress), exitOK},
		{"stage reached, waits", "scale-up", false, at("POST_SCALE_UP", client.WaitsForApproval), exitOK},
		{"waits before the stage", "BAKE_TIME", false, at("POST_SCALE_UP", client.WaitsForApproval), exitApproval},
		{"stage never comes", "BAKE_TIME", false, at("SCALE_UP", client.RolledBack), exitRolledBack},
		{"stage is behind", "BAKE_TIME", false, at("", client.Deployed), exitOK},
		{"not steady", "steady", false, unsettled, -1},
		{"steady", "steady", false, at("", client.Deployed), exitOK},
		{"steady before", "steady", false, at("", client.RolledBack), exitRolledBack},
		{"approval", "approval", false, at("SCALE_UP", client.WaitsForApproval), exitOK},
		{"no approval yet", "approval", false, at("SCALE_UP", client.InProgress), -1},
		{"no approval needed", "approval", false, at("", client.Deployed), exitOK},
	} {
		goal, err := goalOf(c.what)
		if err != nil {
			t.Fatal(err)
		}
		f := follow{goal: goal, approvals: c.approvals}
		code, over := f.ended(c.seen)
		if !over {
			code = -1
		}
		if code != c.want {
			t.Errorf("%s: %d, want %d", c.name, code, c.want)
		}
		f.forever = true
		if _, over := f.ended(c.seen); over {
			t.Errorf("%s: --follow ended", c.name)
		}
	}
	if _, err := goalOf("lunch"); err == nil {
		t.Error("lunch is no stage")
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"10m": now.Add(-10 * time.Minute), "0s": now, "2026-11-20T10:00:00Z": time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC),
	} {
		if got, err := sinceOf(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %s %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-5m", "yesterday", "10"} {
		var usage usageError
		if _, err := sinceOf(text, now); !errors.As(err, &usage) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What takes longer than a second is told, once where there is no terminal; what
// is quick is not.
func TestDoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := &streams{err: w}
		s.doing("quick")()
		done := s.doing("counting sheep")
		text := make([]byte, 100)
		n, err := r.Read(text)
		if err != nil || string(text[:n]) != "counting sheep …\n" {
			t.Errorf("%q %v", text[:n], err)
		}
		done()
		done() // may be called again
	})
}

func TestTable(t *testing.T) {
	tab := table{head: []string{"NAME", "N", "WHY"}}
	tab.add("ä→b", "1", "")
	tab.add("longer", "22", "because")
	var out strings.Builder
	if err := tab.print(&out); err != nil {
		t.Fatal(err)
	}
	if want := "NAME    N   WHY\nä→b     1\nlonger  22  because\n"; out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestLogColours(t *testing.T) {
	var out strings.Builder
	p := logPrinter{out: &out, colours: true, of: map[string]int{}}
	when := time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local)
	for _, task := range []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb", "aaaaaaaaaaaa"} {
		if err := p.print([]client.LogLine{{At: when, Task: task, Container: "app", Message: "hi"}}); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(out.String(), "\n")
	if lines[0] != lines[2] || lines[0] != "12:00:00.000 \x1b[36maaaaaaaa app\x1b[0m  hi" || !strings.Contains(lines[1], "\x1b[33mbbbbbbbb app") {
		t.Errorf("%q", lines)
	}
}

package screen

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/grue-ecs/grue/internal/client"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// start is when the deployment of these tests was created.
var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func per(cent float64) *float64 { return &cent }

// canary is a deployment at a stage, after some seconds.
func canary(stage string, seconds int, weight float64, change func(*client.Deployment)) Seen {
	d := &client.Deployment{
		ID: "Kx2", Status: "IN_PROGRESS", Strategy: "CANARY", Stage: stage, Outcome: client.InProgress, Created: start,
		Old: []client.Revision{{
			Number: "1", TaskDefinition: "web:1", Requested: 4, Running: 4, Weight: per(100 - weight), TestWeight: per(0),
			Traffic: []client.Traffic{{Weight: 100 - weight, Healthy: 4, Targets: 4}},
		}},
		New:     client.Revision{Number: "2", TaskDefinition: "web:2", Requested: 4, Running: 4, Weight: per(weight), TestWeight: per(100)},
		Alarms:  &client.Alarms{Status: "MONITORING", Names: []string{"errors", "latency"}},
		Breaker: &client.Breaker{Status: "MONITORING", Threshold: 3},
	}
	if change != nil {
		change(d)
	}
	return Seen{&client.Snapshot{
		At: start.Add(time.Duration(seconds) * time.Second), Cluster: "shop", Service: "web", Desired: 4, Running: 8, Deployment: d,
		Events: []client.Event{
			{ID: "2", At: start.Add(3 * time.Second), Message: "(service web) registered 4 targets in (target-group green)"},
			{ID: "1", At: start.Add(time.Second), Message: "(service web) has started 4 tasks: (task 1) (task 2) (task 3) (task 4)."},
		},
	}}
}

func paused(d *client.Deployment) {
	until := start.Add(time.Hour)
	d.Hooks = []client.Hook{{ID: "ecs-pause-1", Type: "PAUSE", Status: "AWAITING_ACTION", Expires: &until, TimeoutAction: "ROLLBACK"}}
	d.Outcome = client.WaitsForApproval
}

func back(d *client.Deployment) {
	d.Outcome, d.Status = client.RollingBack, "ROLLBACK_IN_PROGRESS"
	d.Alarms.Status, d.Alarms.Triggered = "TRIGGERED", []string{"errors"}
	d.Rollback = &client.Rollback{Reason: "deployment failed: alarm detected.", Started: start}
	d.New.Failed = 2
}

func rolling(d *client.Deployment) {
	d.Strategy, d.Stage, d.Alarms, d.Breaker = "ROLLING", "", nil, nil
	d.Old[0].Weight, d.Old[0].Traffic, d.Old[0].TestWeight, d.New.Weight, d.New.TestWeight = nil, nil, nil, nil, nil
	d.Old[0].Running, d.Old[0].Requested, d.New.Running, d.New.Pending = 3, 2, 1, 2
}

// key is a key that was pressed.
func key(name string) tea.KeyPressMsg {
	switch name {
	case "enter":
		return tea.KeyPressMsg{Code: tea.KeyEnter}
	case "esc":
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	case "backspace":
		return tea.KeyPressMsg{Code: tea.KeyBackspace}
	case "up":
		return tea.KeyPressMsg{Code: tea.KeyUp}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// play sends messages and obeys the commands that come of them, but for the clock.
func play(m *Model, msgs ...tea.Msg) (quit bool) {
	for len(msgs) > 0 {
		_, cmd := m.Update(msgs[0])
		msgs = msgs[1:]
		if cmd == nil {
			continue
		}
		switch next := cmd().(type) {
		case tea.QuitMsg:
			return true
		case Answered:
			msgs = append([]tea.Msg{next}, msgs...)
		}
	}
	return false
}

func TestPictures(t *testing.T) {
	size := tea.WindowSizeMsg{Width: 100, Height: 20}
	for name, msgs := range map[string][]tea.Msg{
		"nothing":   {size},
		"shift":     {size, canary("PRE_SCALE_UP", 0, 0, nil), canary("SCALE_UP", 2, 0, nil), canary("PRODUCTION_TRAFFIC_SHIFT", 9, 10, nil), canary("PRODUCTION_TRAFFIC_SHIFT", 12, 10, nil)},
		"paused":    {size, canary("PRE_PRODUCTION_TRAFFIC_SHIFT", 65, 0, paused)},
		"rejecting": {size, canary("PRE_PRODUCTION_TRAFFIC_SHIFT", 65, 0, paused), key("r"), key("b"), key("a"), key("d")},
		"back":      {size, canary("PRODUCTION_TRAFFIC_SHIFT", 700, 0, back)},
		"rolling":   {size, canary("", 5, 0, rolling)},
		"help":      {size, canary("SCALE_UP", 5, 0, nil), key("?")},
		"narrow":    {tea.WindowSizeMsg{Width: 40, Height: 30}, canary("SCALE_UP", 5, 0, nil)},
		"tiny":      {tea.WindowSizeMsg{Width: 12, Height: 3}, canary("SCALE_UP", 5, 0, nil)},
		"trouble":   {size, canary("SCALE_UP", 5, 0, nil), Failed{Err: errors.New("no answer"), Passing: true}},
		"fresh":     {size, Seen{&client.Snapshot{At: start, Cluster: "shop", Service: "web", Desired: 2, Running: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			m := New(Options{Service: "web", Where: "http://127.0.0.1:4566", Follow: true})
			play(m, msgs...)
			got := m.Content() + "\n"
			file := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || string(want) != got {
				t.Errorf("%v; got\n%s\nwant\n%s", err, got, want)
			}
			lines := strings.Split(m.Content(), "\n")
			if len(lines) != m.height {
				t.Errorf("%d lines on a screen of %d", len(lines), m.height)
			}
			for _, line := range lines {
				if ansi.StringWidth(line) > m.width {
					t.Errorf("wider than %d: %s", m.width, line)
				}
			}
		})
	}
}

// Colours change nothing but colours.
func TestColours(t *testing.T) {
	for _, seen := range []Seen{canary("SCALE_UP", 5, 0, nil), canary("SCALE_UP", 5, 0, paused), canary("BAKE_TIME", 5, 100, back)} {
		plain, coloured := New(Options{Follow: true}), New(Options{Follow: true, Colours: true})
		play(plain, seen)
		play(coloured, seen)
		if strings.Contains(plain.Content(), "\x1b") {
			t.Errorf("escapes without colours: %q", plain.Content())
		}
		if text := coloured.Content(); !strings.Contains(text, "\x1b[") || ansi.Strip(text) != plain.Content() {
			t.Errorf("got\n%s\nwant\n%s", ansi.Strip(text), plain.Content())
		}
	}
}

func TestKeys(t *testing.T) {
	wait := canary("PRE_PRODUCTION_TRAFFIC_SHIFT", 5, 0, paused)
	going := canary("SCALE_UP", 5, 0, nil)
	for _, c := range []struct {
		name     string
		msgs     []tea.Msg
		fails    error
		answered string // "hook approve reason"
		quit     bool
		note     string
	}{
		{name: "approve", msgs: []tea.Msg{wait, key("a")}, answered: "ecs-pause-1 true ", note: "approved"},
		{name: "approve twice", msgs: []tea.Msg{wait, key("a"), key("a")}, answered: "ecs-pause-1 true ", note: "approved"},
		{name: "reject", msgs: []tea.Msg{wait, key("r"), key("n"), key("q"), key("x"), key("backspace"), key("enter")}, answered: "ecs-pause-1 false nq", note: "rejected"},
		{name: "reject by paste", msgs: []tea.Msg{wait, key("r"), tea.PasteMsg{Content: "too\tslow\n"}, key("enter")}, answered: "ecs-pause-1 false tooslow", note: "rejected"},
		{name: "no reason", msgs: []tea.Msg{wait, key("r"), key(" "), key("enter")}},
		{name: "not rejected", msgs: []tea.Msg{wait, key("r"), key("x"), key("esc")}, note: "not rejected"},
		{name: "gone while typing", msgs: []tea.Msg{wait, key("r"), going, key("x"), key("enter")}, note: "nothing waits"},
		{name: "refused", msgs: []tea.Msg{wait, key("a")}, fails: errors.New("too late"), answered: "ecs-pause-1 true ", note: "too late"},
		{name: "again after a refusal", msgs: []tea.Msg{wait, key("a"), key("r"), key("no"), key("enter")}, fails: errors.New("x"), answered: "ecs-pause-1 false no", note: "x"},
		{name: "nothing waits", msgs: []tea.Msg{going, key("a"), key("r")}, note: "nothing waits"},
		{name: "before the first look", msgs: []tea.Msg{key("a"), key("r"), key("up")}, note: "nothing waits"},
		{name: "quit", msgs: []tea.Msg{going, key("q")}, quit: true},
		{name: "quit from help", msgs: []tea.Msg{going, key("?"), key("q")}, quit: true},
		{name: "back from help", msgs: []tea.Msg{wait, key("?"), key("a")}},
		{name: "interrupt while typing", msgs: []tea.Msg{wait, key("r"), tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}}, quit: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			answered := ""
			m := New(Options{Answer: func(_, hook string, approve bool, reason string) error {
				answered = hook + " " + map[bool]string{true: "true", false: "false"}[approve] + " " + reason
				return c.fails
			}})
			if quit := play(m, c.msgs...); quit != c.quit {
				t.Errorf("quit %v", quit)
			}
			if answered != c.answered || !strings.Contains(m.note, c.note) {
				t.Errorf("answered %q, want %q; note %q, want %q", answered, c.answered, m.note, c.note)
			}
		})
	}
}

func TestEnds(t *testing.T) {
	over := func(d *client.Deployment) { d.Outcome = client.RolledBack }
	m := New(Options{})
	if !play(m, canary("SCALE_UP", 1, 0, nil), canary("SCALE_UP", 2, 0, over)) || !m.Over || m.Err != nil {
		t.Errorf("a deployment that ended: over %v, %v", m.Over, m.Err)
	}
	m = New(Options{Follow: true})
	if play(m, canary("SCALE_UP", 1, 0, nil), canary("SCALE_UP", 2, 0, over)) || m.Over {
		t.Error("--follow ended with the deployment")
	}
	m = New(Options{})
	if !play(m, Failed{Err: errors.New("no such service")}) || m.Err == nil {
		t.Error("a failure that does not pass did not end the program")
	}
}

// What others wrote is shown and not obeyed: it neither begins lines nor moves the cursor.
func TestControlCharactersAreShown(t *testing.T) {
	evil := "x\x1b[2J\r\n\x1b]0;title\ay\u009b2J"
	seen := canary("BAKE_TIME", 60, 100, func(d *client.Deployment) {
		back(d)
		d.Rollback.Reason, d.Reason = evil, evil
		d.Alarms.Triggered = []string{evil}
	})
	seen.Snapshot.Problem = evil
	seen.Snapshot.Events[0].Message = evil
	m := New(Options{Service: "web", Where: "here"})
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 40})
	m.Update(seen)
	text := m.Content()
	if strings.ContainsAny(text, "\x1b\r\a\u009b") || strings.Count(text, `\u001b[2J`) < 4 || strings.Count(text, "\n") != 39 {
		t.Errorf("%q", text)
	}
}

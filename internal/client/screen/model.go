package screen

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/grue-ecs/grue/internal/client"
)

// Options of a Model.
type Options struct {
	Service string
	Where   string // the ECS, for the title
	Colours bool
	Follow  bool // stay when a deployment ends
	// Answer approves or rejects a hook of a deployment (its ARN). It is called
	// outside the model's goroutine and may take its time.
	Answer func(deployment, hook string, approve bool, reason string) error
}

// Seen says what was seen.
type Seen struct{ Snapshot *client.Snapshot }

// Failed says that a look failed. Passing failures are shown, and looks go on;
// others end the program.
type Failed struct {
	Err     error
	Passing bool
}

// Answered is the outcome of Options.Answer.
type Answered struct {
	Approve bool
	Err     error
}

// Tick tells the time, once a second.
type Tick time.Time

// mode is what keys mean.
type mode int

const (
	watching mode = iota
	helping
	rejecting // a reason is typed
)

// Model is the state of the screen. Make it with New.
type Model struct {
	opts          Options
	style         style
	width, height int
	now           time.Time
	mode          mode
	reason        []rune // being typed
	note          string // what came of the last key
	problem       string // of the last look
	scroll        int    // events left out at the newest end

	snap  *client.Snapshot
	spent map[string]time.Duration // in each stage, as far as it was seen
	asked string                   // hook that was answered a moment ago

	// Err is why the program ended; nil when a person or a deployment ended it.
	Err error
	// Over: the deployment ended, not the person.
	Over bool
}

// New makes a model.
func New(o Options) *Model {
	return &Model{opts: o, style: style{o.Colours}, width: 80, height: 24, spent: map[string]time.Duration{}}
}

// Init starts the clock.
func (m *Model) Init() tea.Cmd { return tick() }

func tick() tea.Cmd {
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return Tick(t) })
}

// Snapshot is what was seen last; nil before.
func (m *Model) Snapshot() *client.Snapshot { return m.snap }

// Update takes a message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m, m.key(msg)
	case tea.PasteMsg:
		if m.mode == rejecting {
			m.reason = append(m.reason, printable(msg.Content)...)
		}
	case Tick:
		m.now = time.Time(msg)
		return m, tick()
	case Seen:
		return m, m.seen(msg.Snapshot)
	case Failed:
		m.problem = msg.Err.Error()
		if !msg.Passing {
			m.Err = msg.Err
			return m, tea.Quit
		}
	case Answered:
		m.answered(msg)
	}
	return m, nil
}

// seen takes a snapshot.
func (m *Model) seen(s *client.Snapshot) tea.Cmd {
	m.problem = ""
	if m.now.Before(s.At) {
		m.now = s.At
	}
	was := m.snap
	m.snap = s
	if was == nil || was.Deployment == nil || s.Deployment == nil || was.Deployment.ID != s.Deployment.ID {
		m.spent, m.scroll = map[string]time.Duration{}, 0
	} else if stage := was.Deployment.Stage; stage != "" && !was.Deployment.Outcome.Final() {
		m.spent[stage] += s.At.Sub(was.At)
	}
	if hook := s.Deployment.Approval(); hook == nil || hook.ID != m.asked {
		m.asked = ""
	}
	if m.mode == rejecting && s.Deployment.Approval() == nil {
		m.mode, m.note = watching, "nothing waits for approval any more"
	}
	if !m.opts.Follow && s.Over() {
		m.Over = true
		return tea.Quit
	}
	return nil
}

func (m *Model) answered(a Answered) {
	switch {
	case a.Err != nil:
		m.note, m.asked = a.Err.Error(), ""
	case a.Approve:
		m.note = "approved"
	default:
		m.note = "rejected: rolling back"
	}
}

// answer calls Options.Answer for the hook that waits now.
func (m *Model) answer(approve bool, reason string) tea.Cmd {
	hook := m.snap.Deployment.Approval()
	if hook == nil {
		m.note = "nothing waits for approval any more"
		return nil
	}
	m.asked, m.note = hook.ID, fmt.Sprintf("telling %s …", m.opts.Where)
	deployment, id, do := m.snap.Deployment.ARN, hook.ID, m.opts.Answer
	return func() tea.Msg { return Answered{approve, do(deployment, id, approve, reason)} }
}

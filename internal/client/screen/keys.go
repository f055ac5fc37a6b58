package screen

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// maxReason is how many characters of a reason ECS's API of grue takes.
const maxReason = 1000

// key takes a key.
func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	switch name {
	case "ctrl+c":
		return tea.Quit
	case "ctrl+z":
		return tea.Suspend
	}
	switch m.mode {
	case rejecting:
		return m.reasonKey(name, k)
	case helping:
		m.mode = watching // any key goes back
		if name != "q" {
			return nil
		}
	}
	return m.watchKey(name)
}

func (m *Model) watchKey(name string) tea.Cmd {
	switch name {
	case "q", "esc":
		return tea.Quit
	case "?", "h":
		m.mode = helping
	case "a":
		if m.waits() {
			return m.answer(true, "")
		}
	case "r":
		if m.waits() {
			m.mode, m.reason, m.note = rejecting, nil, ""
		}
	case "up", "k":
		m.scroll++
	case "down", "j":
		m.scroll = max(0, m.scroll-1)
	}
	return nil
}

// waits tells whether a person may answer now, and says so if not.
func (m *Model) waits() bool {
	if m.snap == nil || m.snap.Deployment.Approval() == nil {
		m.note = "nothing waits for approval"
		return false
	}
	return m.asked == "" // one answer is on its way
}

// reasonKey edits the reason of a rejection, without which there is none.
func (m *Model) reasonKey(name string, k tea.KeyPressMsg) tea.Cmd {
	switch name {
	case "enter":
		if reason := strings.TrimSpace(string(m.reason)); reason != "" {
			m.mode = watching
			return m.answer(false, reason)
		}
	case "esc":
		m.mode, m.note = watching, "not rejected"
	case "backspace":
		m.reason = m.reason[:max(0, len(m.reason)-1)]
	case "ctrl+u":
		m.reason = nil
	default:
		m.reason = append(m.reason, printable(k.Text)...)
	}
	m.reason = m.reason[:min(len(m.reason), maxReason)]
	return nil
}

// printable are the characters of a text that can stand in a line.
func printable(text string) (out []rune) {
	for _, r := range text {
		if unicode.IsPrint(r) {
			out = append(out, r)
		}
	}
	return out
}

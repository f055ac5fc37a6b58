//go:build slow && linux

package terminal

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/test/harness"
)

// screen is a terminal in a tmux server of its own, in which bash runs.
type screen struct {
	t      *testing.T
	socket string
	env    []string // of the shell; tmux takes PATH from its client
}

// newScreen opens a terminal of 120 columns and 30 lines.
func newScreen(t *testing.T, env ...string) *screen {
	t.Helper()
	s := &screen{t, fmt.Sprintf("grue-test-%d", os.Getpid()), append(env, "PS1=ready> ")}
	s.tmux("-f", "/dev/null", "new-session", "-d", "-s", "main", "-x", "120", "-y", "30", "bash", "--norc", "--noprofile")
	t.Cleanup(func() { s.tmux("kill-server") })
	s.sees("ready>")
	return s
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-L", s.socket}, args...)...)
	cmd.Env = append(os.Environ(), s.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// text is what stands on the screen.
func (s *screen) text() string {
	s.t.Helper()
	return s.tmux("capture-pane", "-p", "-t", "main")
}

// types text, and presses Enter.
func (s *screen) types(text string) {
	s.t.Helper()
	s.tmux("send-keys", "-t", "main", "-l", text)
	s.press("Enter")
}

// press keys by tmux's names.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys", "-t", "main"}, keys...)...)
}

// sees waits for all texts at once, and returns the screen.
func (s *screen) sees(texts ...string) (now string) {
	s.t.Helper()
	err := harness.Eventually(func() bool {
		now = s.text()
		for _, text := range texts {
			if !strings.Contains(now, text) {
				return false
			}
		}
		return true
	})
	if err != nil {
		s.t.Fatalf("never on the screen: %q; it was\n%s", texts, now)
	}
	return now
}

// whole checks that the terminal is as a shell wants it: typed text shows, lines
// are edited, and what stood there before is there again.
func (s *screen) whole(before string) {
	s.t.Helper()
	s.types(`stty -a | tr ' ' '\n' | grep -cxE 'echo|icanon|isig|opost' | sed 's/^/settings: /'`)
	if now := s.sees("settings: 4"); !strings.Contains(now, before) {
		s.t.Errorf("%q is gone from the screen:\n%s", before, now)
	}
	if cursor := s.tmux("display-message", "-p", "-t", "main", "#{cursor_flag} #{alternate_on}"); cursor != "1 0\n" {
		s.t.Errorf("cursor and alternate screen: %s", cursor)
	}
}

func (s *screen) resize(width, height int) {
	s.t.Helper()
	s.tmux("resize-window", "-t", "main", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height))
}

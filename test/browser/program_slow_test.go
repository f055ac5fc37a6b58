//go:build slow && linux

package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// longest bounds the program: a machine that is many times slower than a quiet one.
const longest = 15 * time.Minute

// wish is what the program wants of the world, a line of JSON behind "? ".
type wish struct {
	Do      string `json:"do"`
	Version string `json:"version"`
	Mode    string `json:"mode"`
}

// drive runs drive.mjs to its end, fulfils its wishes, answers what fulfil says to them,
// a line, and keeps what it tells.
func drive(t *testing.T, env map[string]string, fulfil func(wish) string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "drive.mjs")
	cmd.Env = os.Environ()
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.WaitDelay = 10 * time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // the program ends its browser
	in := must(cmd.StdinPipe())(t)
	out := must(cmd.StdoutPipe())(t)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { // when a wish cannot be fulfilled
		cancel()
		_ = cmd.Wait()
	}()
	began := time.Now()
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if text, ok := strings.CutPrefix(line, "? "); ok {
			var w wish
			if err := json.Unmarshal([]byte(text), &w); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			t.Logf("%5.1f s  %+v", time.Since(began).Seconds(), w)
			_, _ = io.WriteString(in, fulfil(w)+"\n")
		} else if line != "" {
			t.Logf("%5.1f s  %s", time.Since(began).Seconds(), strings.TrimSuffix(line, "\n"))
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(fmt.Errorf("drive.mjs: %w", err))
	}
}

package harness

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"
)

// CLI runs a verb of grue as a client of this grue and returns what it printed,
// both streams in one. The test fails unless the verb ends with that exit code.
func (g *Grue) CLI(t testing.TB, code int, verb string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.Bin, append([]string{verb, "--endpoint", g.URL()}, args...)...)
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("grue %s: %v", verb, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("grue %s %q ended with %d, want %d:\n%s", verb, args, got, code, out)
	}
	return string(out)
}

package blackbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/harness"
)

// TestEndsOfStubbornTasks: tasks that ignore SIGTERM never keep grue, and never
// stay, whether the signal comes once, twice at the same moment, or again.
func TestEndsOfStubbornTasks(t *testing.T) {
	for _, c := range []struct {
		name  string
		again time.Duration // after the first signal; 0 = no second one
	}{
		{"once", 0}, {"twice at once", time.Millisecond}, {"again", 800 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := grueFor(t)
			svc := g.NewService(t, "web", g.Guest(t, "v1", "stubborn"), 2)
			tasks := svc.Tasks(t)
			kept := filepath.Join(g.Data, "oci", "volumes", "kept") // volumes outlive tasks
			if err := os.WriteFile(kept, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			up := g.PIDs("up")
			if len(up) != 1 {
				t.Fatalf("grue up runs as %v", up)
			}
			if c.again > 0 {
				_ = syscall.Kill(up[0], syscall.SIGTERM)
				began := time.Now()
				harness.Await(t, "the second signal", func() bool { return time.Since(began) >= c.again })
			}
			if took := g.Down(); took > time.Minute { // far more than all graces together
				t.Errorf("grue up took %v to end", took)
			}
			for _, verb := range []string{"up", "server", "proxy", "shim"} {
				if pids := g.PIDs(verb); len(pids) > 0 {
					t.Errorf("grue %s runs on as %v", verb, pids)
				}
			}
			if _, err := os.Stat(kept); err != nil {
				t.Errorf("the volumes went with the tasks: %v", err)
			}
			g.Up()
			harness.Await(t, "two others run after the next grue up", func() bool {
				now := svc.Tasks(t)
				return len(now) == 2 && !slices.ContainsFunc(now, func(x string) bool { return slices.Contains(tasks, x) })
			})
			svc.Wait(t)
		})
	}
}

// TestUpTwice: the second grue of a data directory says who has it and leaves
// the first in peace.
func TestUpTwice(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	out, err := exec.Command(g.Bin, "up", "--data", g.Data, "--listen", harness.FreeAddress(t), "--runtime", "fake").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "in use by another grue (pid ") || !strings.Contains(string(out), g.Listen) {
		t.Errorf("the second grue up: %v %s", err, out)
	}
	g.Healthy()
}

// TestFrozenServer: traffic goes on while the control plane stands still.
func TestFrozenServer(t *testing.T) {
	g := grueFor(t)
	svc := g.NewService(t, "web", g.Guest(t, "v1", ""), 2)
	load := harness.StartLoad(t, svc.URL)
	for _, pid := range g.PIDs("server") {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		defer syscall.Kill(pid, syscall.SIGCONT)
		began := time.Now()
		before, _ := load.Requests()
		harness.Await(t, "500 requests in three seconds or more", func() bool {
			after, _ := load.Requests()
			return after-before >= 500 && time.Since(began) > 3*time.Second
		})
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	g.Healthy()
	load.StopAndExpectNoFailures(t)
	if n := len(svc.Tasks(t)); n != 2 {
		t.Errorf("%d tasks run, want 2", n)
	}
}

//go:build slow && linux

package terminal

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

const beforeShift = types.DeploymentLifecycleHookStagePreProductionTrafficShift

// TestSlowWatch approves a canary under load with a key, rejects another with a
// reason, and has a third watch killed; the terminal is whole after each.
func TestSlowWatch(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the embedded runtime needs root")
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("needs tmux")
	}
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "web", Image: g.Guest(t, "v1", ""), Count: 2})
	load := harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: svc.Fronts[0].URL})
	svc.Configure(t, harness.Canary(10, 5, harness.PauseAt(beforeShift)))
	s := newScreen(t, "AWS_ENDPOINT_URL="+g.URL(), "PATH="+filepath.Dir(g.Bin)+":"+os.Getenv("PATH"))

	// Completion, in a real bash: the verb and the service.
	s.types(`source <(grue completion bash); echo sour"ced"`)
	s.sees("\nsourced\n")
	s.tmux("send-keys", "-t", "main", "-l", "grue stat")
	s.press("Tab")
	s.sees("ready> grue status")
	s.tmux("send-keys", "-t", "main", "-l", "w") // after the blank of the completion
	s.press("Tab")
	s.sees("ready> grue status web")
	s.press("Enter")
	s.sees("steady state")

	// A canary, approved twice.
	s.press("C-l")
	svc.Update(t, g.Guest(t, "v2", ""))
	s.types("echo before the first; grue watch web; echo exit code $?")
	s.sees("CANARY deployment", "waits for your approval", "◆ pre production traffic shift", "blue", "green", "100 %", " 0 %", "2/2 healthy")
	s.press("?")
	s.sees("approve what waits for approval", "quit; the deployment goes on")
	s.press("x")
	s.sees("waits for your approval")
	s.resize(60, 14)
	s.sees("waits for your approval", "a approve · r reject")
	s.resize(120, 30)
	s.sees("2/2 healthy")
	s.press("a")
	s.sees("● production traffic shift", "90 %", "10 %", "approved")
	s.sees("waits for your approval")
	s.press("a")
	s.sees("is deployed after", "exit code 0")
	s.whole("before the first")
	if load.Seen("prod", "v2") == 0 {
		t.Error("the canary answered nothing")
	}

	// A canary, rejected.
	svc.Update(t, g.Guest(t, "v3", ""))
	s.press("C-l")
	s.types("echo before the second; grue watch web; echo exit code $?")
	s.sees("waits for your approval")
	s.press("r")
	s.sees("reason for rejecting")
	s.types("too slow")
	s.sees("was rolled back after", "exit code 3")
	s.whole("before the second")
	if d := svc.Newest(t); d.StatusReason == nil || !strings.Contains(*d.StatusReason, "too slow") {
		t.Errorf("the reason is not kept: %v", d.StatusReason)
	}

	// A watch that is killed.
	s.press("C-l")
	s.types("echo before the third; grue watch web --follow; echo exit code $?")
	s.sees("rolled back", "q quit")
	signal(t, "watch\x00web\x00--follow", syscall.SIGTERM)
	s.sees("exit code 0")
	s.whole("before the third")
	load.StopAndExpectNoFailures(t)
}

// signal the one process whose arguments contain a text.
func signal(t *testing.T, args string, sig syscall.Signal) {
	t.Helper()
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(string(text), "grue\x00"+args) {
			continue
		}
		pid := 0
		for _, digit := range filepath.Base(filepath.Dir(file)) {
			pid = 10*pid + int(digit-'0')
		}
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("no process %q", args)
}

//go:build slow && linux

package unicornwatch

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// deployment and result are what the program that watches writes, as far as it
// matters here.
type deployment struct {
	Service, Version, Bad, Status, Reason, Expected, By string
	Unseen                                              bool
	Saw, Lost                                           int
	After                                               float64
}

type totals struct {
	Sent, Lost, BadOfBad, BadOfGood, Mixed int
	First                                  string
}

type result struct {
	Deployments           []deployment
	Requests, Connections totals
	Messages              struct{ Accepted, Told, Lost, Twice, Mixed int }
}

// TestSlowUnicornWatch: each kind of service, each strategy, good versions and bad
// ones under load. Every bad version is noticed by whom it shall be noticed; no
// request, connection or message is lost.
func TestSlowUnicornWatch(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the embedded runtime needs root")
	}
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("there is no AWS CLI: .ci/need cli installs it")
	}
	dir := t.TempDir()
	build(t, filepath.Join(dir, "grue"), "../../cmd/grue")
	build(t, filepath.Join(dir, "unicorns")+"/", "../../examples/unicornwatch/...")
	file := filepath.Join(dir, "result.json")
	cmd := exec.Command(filepath.Join(dir, "unicorns", "watch"),
		"-dir", filepath.Join(dir, "data"), "-grue", filepath.Join(dir, "grue"), "-bin", filepath.Join(dir, "unicorns"), "-json", file)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("%v", err)
	}
	check(t, file)
}

func check(t *testing.T, file string) {
	t.Helper()
	var r result
	if err := json.Unmarshal(must(os.ReadFile(file))(t), &r); err != nil {
		t.Fatal(err)
	}
	bad := map[string]int{}
	for _, d := range r.Deployments {
		if d.Bad != "" {
			bad[d.Bad]++
		}
		if d.By != d.Expected || d.Lost != 0 || d.Unseen && d.Saw != 0 {
			t.Errorf("%+v", d)
		}
		if want := map[bool]string{false: "SUCCESSFUL", true: "ROLLBACK_SUCCESSFUL"}[d.Bad != ""]; d.Status != want {
			t.Errorf("%s %s ended %s: %s", d.Service, d.Version, d.Status, d.Reason)
		}
	}
	for _, kind := range []string{"slow", "errors", "crash", "leak", "wrong"} {
		if bad[kind] == 0 {
			t.Errorf("no version that is bad by %s", kind)
		}
	}
	for what, got := range map[string]totals{"requests": r.Requests, "connections": r.Connections} {
		if got.Sent < 100 || got.Lost+got.BadOfGood+got.Mixed > 0 {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if m := r.Messages; m.Accepted < 100 || m.Told != m.Accepted || m.Lost+m.Twice+m.Mixed > 0 {
		t.Errorf("messages: %+v", m)
	}
}

// build compiles static programs.
func build(t *testing.T, out, what string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-o", out, what)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

//go:build slow && linux

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// The demo loses no request, on a fresh directory and on one that it has used.
func TestSlowDemo(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the embedded runtime needs root")
	}
	bin := filepath.Join(t.TempDir(), "grue")
	build := exec.Command("go", "build", "-o", bin, "github.com/grue-ecs/grue/cmd/grue")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data := filepath.Join(t.TempDir(), "data")
	t.Cleanup(func() {
		if out, err := exec.Command(bin, "down", "--data", data, "--purge").CombinedOutput(); err != nil {
			t.Errorf("grue down: %v\n%s", err, out)
		}
	})
	none := regexp.MustCompile(`requests failed +0\n`)
	for range 2 {
		out, err := exec.Command(bin, "demo", "--data", data, "--listen", "127.0.0.1:0").CombinedOutput()
		if err != nil || !none.Match(out) {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
	}
}

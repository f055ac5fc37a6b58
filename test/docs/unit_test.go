package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnit asks systemd whether it understands the unit file of operating.md.
func TestUnit(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze")
	}
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if !strings.HasSuffix(b.File, ".service") {
				continue
			}
			file := filepath.Join(t.TempDir(), b.File)
			unit := strings.ReplaceAll(b.Text, "/usr/local/bin/grue", "/bin/sh") // a program that is there
			if err := os.WriteFile(file, []byte(unit), 0o644); err != nil {
				t.Fatal(err)
			}
			// It may also complain of the machine's own units.
			if out, err := exec.Command(verify, "verify", file).CombinedOutput(); strings.Contains(string(out), b.File) {
				t.Errorf("%s:%d: %v\n%s", p.name, b.Line, err, out)
			}
		}
	}
}

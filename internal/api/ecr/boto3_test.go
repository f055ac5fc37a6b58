package ecr

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/test/boto"
)

// TestBoto3 runs a script of AWS's Python SDK, where that is installed.
func TestBoto3(t *testing.T) {
	python3 := boto.Python(t)
	a := newAccount(t)
	out, err := exec.CommandContext(t.Context(), python3, "testdata/boto3_ecr.py", a.url).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "fine" {
		t.Errorf("%v\n%s", err, out)
	}
}

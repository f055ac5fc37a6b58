package compat

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/grue-ecs/grue/test/boto"
	"github.com/grue-ecs/grue/test/harness"
)

// TestBlueGreenBoto3: blue/green deployments with boto3, and a hook written with
// boto3 that asks SSM for an approval.
func TestBlueGreenBoto3(t *testing.T) {
	python := boto.Python(t)
	t.Setenv("PATH", filepath.Dir(python)+string(os.PathListSeparator)+os.Getenv("PATH")) // functions run the first python3
	g := harness.Start(t, "--minute", "1s")
	run(t, g, python, "testdata/shift.py", g.Guest(t, "v1", ""), g.Guest(t, "v2", ""))
}

// TestBlueGreenCLI: the same with the AWS CLI, and pauses that a person answers.
func TestBlueGreenCLI(t *testing.T) {
	g := harness.Start(t, "--minute", "1s")
	run(t, g, "sh", "testdata/shift.sh", g.Guest(t, "v1", ""), g.Guest(t, "v2", ""))
}

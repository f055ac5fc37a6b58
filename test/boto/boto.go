// Package boto finds a Python whose boto3 knows today's operations of Amazon
// ECS, for tests that drive grue with it.
//
// `make test` installs one where there is none: from the Python package index
// into .venv, because the boto3 of a Debian or Ubuntu release is often years
// old. Where the index cannot be reached either, it says so in GRUE_NO_BOTO3 and
// these tests are skipped; the same operations are driven by the AWS SDK for Go.
package boto

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// check exits with 0 when boto3 is there and knows service deployments.
const check = `import boto3.session, sys
sys.exit("ListServiceDeployments" not in boto3.session.Session().client("ecs", region_name="us-east-1").meta.service_model.operation_names)`

// Python is the interpreter to run a boto3 script with.
func Python(t testing.TB) string {
	t.Helper()
	if python := find(); python != "" {
		return python
	}
	if why := os.Getenv("GRUE_NO_BOTO3"); why != "" {
		t.Skip(why)
	}
	t.Fatal("no boto3 of 2025 or later: run `make test`, which installs it, or pip install boto3")
	return ""
}

// find is "" where there is none.
func find() string {
	_, self, _, _ := runtime.Caller(0)
	root := filepath.Dir(filepath.Dir(filepath.Dir(self)))
	for _, python := range []string{filepath.Join(root, ".venv", "bin", "python3"), "python3"} {
		if exec.Command(python, "-c", check).Run() == nil {
			return python
		}
	}
	return ""
}

// Prefer makes that interpreter the python3 that programs find which are started
// from now on: functions that import boto3 run with it, too.
func Prefer() {
	if python := find(); filepath.IsAbs(python) {
		_ = os.Setenv("PATH", filepath.Dir(python)+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
}

// model prints where botocore keeps its models, unless it is newer than the AWS
// SDK for Go that this module is built with: then members unknown here are news.
const model = `import botocore, os, sys
if tuple(map(int, botocore.__version__.split(".")[:2])) > (1, 43): sys.exit(3)
print(os.path.join(os.path.dirname(botocore.__file__), "data"))`

// Models is the folder of botocore's service models.
func Models(t testing.TB) string {
	t.Helper()
	out, err := exec.Command(Python(t), "-c", model).Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == 3:
		t.Skip("botocore is newer than the AWS SDK for Go that is used here")
	case err != nil:
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

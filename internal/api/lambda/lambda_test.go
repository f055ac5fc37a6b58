package lambda_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/test/boto"
	"github.com/grue-ecs/grue/test/harness"
)

func start(t *testing.T) *harness.Grue {
	t.Helper()
	for _, name := range []string{"python3", "node"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatal(name + " is not installed: make test does it")
		}
	}
	return harness.Start(t, "--runtime", "fake")
}

func TestBoto3(t *testing.T) {
	python := boto.Python(t)
	boto.Prefer() // functions of the script use boto3, too
	g := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, filepath.Join("testdata", "life.py"), g.URL()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func zipped(t *testing.T, name, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestCLI(t *testing.T) {
	g := start(t)
	if _, err := exec.LookPath("aws"); err != nil {
		t.Fatal("the AWS CLI is not installed: make test does it")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "code.zip"), zipped(t, "app.py", "def handler(e, c):\n    return {'got': e}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "event.json"), []byte(`{"a": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("aws", append([]string{"lambda", "--output", "text"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+g.URL(), "AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_PAGER=")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("aws lambda %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("create-function", "--function-name", "cli", "--runtime", "python3.12", "--handler", "app.handler",
		"--role", "arn:aws:iam::000000000000:role/r", "--zip-file", "fileb://code.zip")
	run("wait", "function-active-v2", "--function-name", "cli")
	run("invoke", "--function-name", "cli", "--payload", "fileb://event.json", "out.json")
	if doc, err := os.ReadFile(filepath.Join(dir, "out.json")); err != nil || string(doc) != `{"got": {"a": 1}}` {
		t.Errorf("%s, %v", doc, err)
	}
	run("update-function-code", "--function-name", "cli", "--zip-file", "fileb://code.zip")
	run("wait", "function-updated-v2", "--function-name", "cli")
	if got := run("list-functions", "--query", "Functions[].FunctionName"); got != "cli" {
		t.Errorf("list-functions: %q", got)
	}
	run("delete-function", "--function-name", "cli")
}

// TestServerDies: function processes die with the server, and functions are
// there again after it.
func TestServerDies(t *testing.T) {
	g := start(t)
	c := lambda.NewFromConfig(g.Config())
	_, err := c.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String("f"), Role: aws.String("arn:aws:iam::000000000000:role/r"), Runtime: types.RuntimePython312,
		Handler: aws.String("app.handler"), Code: &types.FunctionCode{
			ZipFile: zipped(t, "app.py", "import os\ndef handler(e, c):\n    return os.getpid()\n"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	pid := func() (pid int) {
		t.Helper()
		out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f")})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out.Payload, &pid); err != nil {
			t.Fatalf("%s: %v", out.Payload, err)
		}
		return pid
	}
	first := pid()
	g.Kill("server")
	harness.Await(t, "the function's process dies with the server", func() bool { return syscall.Kill(first, 0) != nil })
	g.Healthy()
	second := pid()
	if second == first {
		t.Error("the process outlived the server")
	}
	g.Down()
	if syscall.Kill(second, 0) == nil {
		t.Error("the process outlived grue up")
	}
	g.Up()
}

package compat

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/test/boto"
	"github.com/grue-ecs/grue/test/harness"
)

// TestClients runs each client's script against a grue of its own.
func TestClients(t *testing.T) {
	for name, script := range map[string][]string{
		"boto3":   {"testdata/flow.py"},
		"AWS CLI": {"sh", "testdata/flow.sh"},
	} {
		t.Run(name, func(t *testing.T) {
			argv := script
			if name == "boto3" {
				argv = append([]string{boto.Python(t)}, script...)
			}
			g := harness.Start(t)
			run(t, g, append(argv, g.Guest(t, "v1", ""), g.Guest(t, "v2", ""))...)
		})
	}
}

// run runs a script whose last line must be "done".
func run(t *testing.T, g *harness.Grue, argv ...string) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+g.URL(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	out, err := cmd.CombinedOutput()
	if text := strings.TrimSpace(string(out)); err != nil || !strings.HasSuffix(text, "done") {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, text)
	}
}

//go:build slow

package blackbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/test/harness"
)

// The plugin has no go.mod and means a library of 2015 by a name that has moved on.
const pluginModule = `module plugin

go 1.26.0

require (
	github.com/aws/session-manager-plugin v0.0.0-20260401221635-b79d06c1d3a2
	github.com/cihub/seelog v0.0.0-20170130134532-f561c5e57575
	github.com/gorilla/websocket v1.5.3
	github.com/twinj/uuid v0.0.0-20151029044442-89173bcdda19
)
`

// plugin builds Amazon's session-manager-plugin as it is published, once.
var plugin = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(os.TempDir(), "grue-test", "session-manager-plugin")
	src := filepath.Join(dir, "src")
	if err := os.MkdirAll(src, 0o700); err != nil {
		return "", err
	}
	for name, text := range map[string]string{
		"go.mod": pluginModule,
		"use.go": "package plugin\n\nimport _ \"github.com/aws/session-manager-plugin/src/datachannel\"\n",
	} {
		if err := os.WriteFile(filepath.Join(src, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	bin := filepath.Join(dir, "bin", "session-manager-plugin")
	main := "github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main"
	for _, args := range [][]string{
		{"get", main, "github.com/twinj/uuid@v0.0.0-20151029044442-89173bcdda19"},
		{"build", "-o", bin, main},
	} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = src, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", args[0], err, out)
		}
	}
	return bin, nil
})

// pluggedIn is `aws ecs execute-command` with the plugin, or the plugin alone where
// there is no AWS CLI.
func pluggedIn(t *testing.T, g *harness.Grue, endpoint string, task *harness.Task, command string) *exec.Cmd {
	t.Helper()
	bin, err := plugin()
	if err != nil {
		t.Skip("the session-manager-plugin cannot be built here (no module proxy): ", err)
	}
	env := append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=us-east-1", "AWS_REGION=us-east-1",
		"AWS_EC2_METADATA_DISABLED=true", "PATH="+filepath.Dir(bin)+":"+os.Getenv("PATH"))
	var cmd *exec.Cmd
	if _, err := exec.LookPath("aws"); err == nil {
		cmd = exec.Command("aws", "ecs", "execute-command", "--endpoint-url", endpoint, "--task", task.ARN, "--container", "app", "--interactive", "--command", command)
	} else {
		c := ecs.NewFromConfig(g.Config(), func(o *ecs.Options) { o.BaseEndpoint = &endpoint })
		out, err := c.ExecuteCommand(t.Context(), &ecs.ExecuteCommandInput{Task: &task.ARN, Container: aws.String("app"), Command: &command, Interactive: true})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := json.Marshal(map[string]*string{"SessionId": out.Session.SessionId, "StreamUrl": out.Session.StreamUrl, "TokenValue": out.Session.TokenValue})
		if err != nil {
			t.Fatal(err)
		}
		cmd = exec.Command(bin, string(answer), "us-east-1", "StartSession", "", `{"Target":"ecs:default"}`, endpoint)
	}
	cmd.Env = env
	return cmd
}

// TestSlowExecPlugin: the plugin opens a shell, is resized, loses its connection and
// comes back, takes large output, and hears how a session ends.
func TestSlowExecPlugin(t *testing.T) {
	g := harness.Start(t)
	task := openTask(t, g, "exec-plugin")
	way := wireTo(t, g.Listen)
	s := atScreen(t, pluggedIn(t, g, "http://"+way.Addr().String(), task, "/guest shell"))
	s.sees("guest$ ")
	s.types("print it works ; user ; cwd\r")
	s.sees("\nit works")
	s.sees("0:0")
	s.sees("/work")
	s.resize(101, 37)
	s.sees("resized 101 37")
	way.cut()
	s.types("print back again\r")
	s.sees("\nback again")
	s.types("exit 0\r")
	s.sees("Exiting session with sessionId: ecs-execute-command-")
	s.ends(0)

	const size = 10 << 20
	var out bytes.Buffer
	cmd := pluggedIn(t, g, g.URL(), task, fmt.Sprint("/guest flood ", size))
	cmd.Stdout = &out
	atScreen(t, cmd).ends(0)
	if want := bytes.ReplaceAll(flooded(size), []byte("\n"), []byte("\r\n")); !bytes.Contains(out.Bytes(), want) { // the terminal adds returns
		t.Errorf("%d bytes, without the %d that were written", out.Len(), len(want))
	}

	s = atScreen(t, pluggedIn(t, g, g.URL(), task, "/nope"))
	s.sees("Unable to start command: ")
	s.ends(0)

	both := []*screen{
		atScreen(t, pluggedIn(t, g, g.URL(), task, "/guest shell")),
		atScreen(t, grueExec(g, g.URL(), task.ID(), "/guest", "shell")),
	}
	for _, s := range both {
		s.sees("guest$ ")
	}
	g.Kill("server")
	for i, s := range both {
		s.sees("The session ended because grue was restarted. The task runs on")
		s.ends(i) // the plugin does not tell a failure
	}
	g.Healthy()
	if now := task.Describe(t); aws.ToString(now.LastStatus) != "RUNNING" || strings.Contains(aws.ToString(now.StoppedReason), "exec") {
		t.Errorf("the task is %s", aws.ToString(now.LastStatus))
	}
	s = atScreen(t, pluggedIn(t, g, g.URL(), task, "/guest shell"))
	s.sees("guest$ ")
	task.Stop(t, "enough of it")
	s.sees("enough of it")
	s.ends(0)
}

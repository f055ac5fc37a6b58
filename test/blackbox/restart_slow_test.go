//go:build slow

package blackbox

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowRestartPolicy: a container that dies after restartAttemptPeriod is
// restarted in its task; one that dies earlier, or with an ignored code, is not.
func TestSlowRestartPolicy(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	img := g.Guest(t, "v1", "")
	policy := func(c types.ContainerDefinition, ignored ...int32) types.ContainerDefinition {
		c.RestartPolicy = &types.ContainerRestartPolicy{Enabled: aws.Bool(true), RestartAttemptPeriod: aws.Int32(60), IgnoredExitCodes: ignored}
		return c
	}
	task := g.RunTask(t, harness.TaskSpec{Family: "restart", Containers: boxes(
		policy(box("app", img, "serve :8080")),
		policy(aside(box("late", img, "sleep 62s ; exit 3"))),
		policy(aside(box("early", img, "sleep 1s ; exit 3"))),
		policy(aside(box("ignored", img, "sleep 62s ; exit 4")), 4),
	)})
	addr := up(t, task, "8080")
	began := time.Now()
	harness.Await(t, "64 seconds", func() bool { return time.Since(began) > 64*time.Second })
	now := task.Describe(t)
	for name, status := range map[string]string{"app": "RUNNING", "late": "RUNNING", "early": "STOPPED", "ignored": "STOPPED"} {
		if got := *harness.Container(t, now, name).LastStatus; got != status {
			t.Errorf("%s is %s, want %s\n%s", name, got, status, task.Story(t))
		}
	}
	if doc := ask(t, addr, "get", "$ECS_CONTAINER_METADATA_URI_V4/task"); !strings.Contains(doc, `"RestartCount":1`) {
		t.Errorf("no restart is told in %s", doc)
	}
	if _, err := try(addr, "exit", "9"); err == nil {
		t.Error("the container answered after its exit")
	}
	harness.Await(t, "the essential container serves again", func() bool { out, err := try(addr, "print", "back"); return err == nil && out == "back" })
	if _, err := try(addr, "exit", "9"); err == nil {
		t.Error("the container answered after its exit")
	}
	if now := task.Stopped(t); now.StopCode != types.TaskStopCodeEssentialContainerExited || *harness.Container(t, now, "app").ExitCode != 9 {
		t.Error(task.Story(t))
	}
}

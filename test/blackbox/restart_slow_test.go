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
		policy(aside(box("late", img, "sleep 66s ; exit 3"))),
		policy(aside(box("early", img, "sleep 1s ; exit 3"))),
		policy(aside(box("ignored", img, "sleep 66s ; exit 4")), 4),
	)})
	addr := up(t, task, "8080")
	task.Await(t, "early has stopped", func(now types.Task) bool { return *harness.Container(t, now, "early").LastStatus == "STOPPED" })
	began := time.Now()
	harness.Await(t, "more than a minute", func() bool { return time.Since(began) > 64*time.Second })
	harness.Await(t, "a restart is told", func() bool {
		return strings.Contains(ask(t, addr, "get", "$ECS_CONTAINER_METADATA_URI_V4/task"), `"RestartCount":1`)
	})
	task.Await(t, "ignored has stopped", func(now types.Task) bool { return *harness.Container(t, now, "ignored").LastStatus == "STOPPED" })
	now := task.Describe(t)
	for name, status := range map[string]string{"app": "RUNNING", "late": "RUNNING", "early": "STOPPED"} {
		if got := *harness.Container(t, now, name).LastStatus; got != status {
			t.Errorf("%s is %s, want %s\n%s", name, got, status, task.Story(t))
		}
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

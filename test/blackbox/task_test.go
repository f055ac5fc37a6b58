package blackbox

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// box is a container of the guest image that performs steps, written as in a shell.
// One that obeys has time to.
func box(name, image, steps string) types.ContainerDefinition {
	patience := int32(2)
	if strings.Contains(steps, "obey") {
		patience = 60
	}
	return types.ContainerDefinition{Name: &name, Image: &image, Essential: aws.Bool(true), StopTimeout: &patience, Command: strings.Fields(steps)}
}

func aside(c types.ContainerDefinition) types.ContainerDefinition {
	c.Essential = aws.Bool(false)
	return c
}

func after(c types.ContainerDefinition, of string, cond types.ContainerCondition) types.ContainerDefinition {
	c.DependsOn = append(c.DependsOn, types.ContainerDependency{ContainerName: &of, Condition: cond})
	return c
}

func checked(c types.ContainerDefinition, cmd ...string) types.ContainerDefinition {
	c.HealthCheck = &types.HealthCheck{Command: cmd, Interval: aws.Int32(5), Timeout: aws.Int32(60), Retries: aws.Int32(1)}
	return c
}

// want is how one container must end: -1 = without an exit code.
type want struct {
	name   string
	exit   int32
	reason string // part of it
}

// TestTaskEnds runs tasks to their end and compares what DescribeTasks tells.
func TestTaskEnds(t *testing.T) {
	g := harness.Shared(t)
	img := g.Guest(t, "v1", "")
	const essential, failed = types.TaskStopCodeEssentialContainerExited, types.TaskStopCodeTaskFailedToStart
	for _, c := range []struct {
		name       string
		containers []types.ContainerDefinition
		define     func(*ecs.RegisterTaskDefinitionInput)
		stop       bool
		code       types.TaskStopCode
		reason     string
		ends       []want
	}{
		{name: "exit-0", containers: []types.ContainerDefinition{box("app", img, "exit 0")}, code: essential, reason: "Essential container in task exited", ends: []want{{"app", 0, ""}}},
		{name: "exit-7", containers: []types.ContainerDefinition{box("app", img, "exit 7")}, code: essential, reason: "Essential container in task exited", ends: []want{{"app", 7, ""}}},
		{
			name: "sidecar-goes-on", containers: []types.ContainerDefinition{
				box("app", img, "dial localhost:9999 ; ready :9998 ; gone localhost:9999 ; exit 5"),
				aside(box("side", img, "ready :9999 ; dial localhost:9998 ; exit 0")),
			},
			code: essential, reason: "Essential container in task exited", ends: []want{{"app", 5, ""}, {"side", 0, ""}},
		},
		{
			name: "essential-takes-others", containers: []types.ContainerDefinition{box("app", img, "dial localhost:9999 ; exit 5"), aside(box("side", img, "obey 9 ; ready :9999 ; sleep 1h"))},
			code: essential, reason: "Essential container in task exited", ends: []want{{"app", 5, ""}, {"side", 9, ""}},
		},
		{
			name:       "order-complete-success-start",
			containers: []types.ContainerDefinition{after(after(box("app", img, "exit 4"), "one", "COMPLETE"), "two", "SUCCESS"), aside(box("one", img, "sleep 200ms ; exit 1")), aside(after(box("two", img, "exit 0"), "one", "START"))},
			code:       essential, reason: "Essential container in task exited", ends: []want{{"app", 4, ""}, {"one", 1, ""}, {"two", 0, ""}},
		},
		{
			name:       "success-never",
			containers: []types.ContainerDefinition{after(box("app", img, "exit 0"), "one", "SUCCESS"), aside(box("one", img, "exit 1"))},
			code:       failed, reason: "", ends: []want{{"app", -1, ""}, {"one", 1, ""}},
		},
		{
			name: "start-timeout",
			containers: []types.ContainerDefinition{after(box("app", img, "exit 0"), "one", "SUCCESS"), func() types.ContainerDefinition {
				c := aside(box("one", img, "obey 0 ; sleep 1h"))
				c.StartTimeout = aws.Int32(5)
				return c
			}()},
			code: failed, reason: "", ends: []want{{"app", -1, ""}, {"one", 0, ""}},
		},
		{
			name: "killed-after-stop-timeout", containers: []types.ContainerDefinition{box("app", img, "deaf ; ready :9999 ; sleep 1h")}, stop: true,
			code: types.TaskStopCodeUserInitiated, reason: "enough", ends: []want{{"app", 137, ""}},
		},
		{
			name: "told-to-stop", containers: []types.ContainerDefinition{box("app", img, "obey 42 ; ready :9999 ; sleep 1h")}, stop: true,
			code: types.TaskStopCodeUserInitiated, reason: "enough", ends: []want{{"app", 42, ""}},
		},
		{
			name: "out-of-memory", containers: []types.ContainerDefinition{func() types.ContainerDefinition {
				c := box("app", img, "eat 200 ; sleep 1h")
				c.Memory = aws.Int32(64)
				return c
			}()},
			code: essential, reason: "", ends: []want{{"app", 137, "OutOfMemoryError: Container killed due to memory usage"}},
		},
		{
			name: "out-of-task-memory", containers: []types.ContainerDefinition{box("app", img, "eat 900 ; sleep 1h")},
			code: essential, reason: "", ends: []want{{"app", 137, "OutOfMemoryError: Container killed due to memory usage"}},
		},
		{
			name: "no-such-image", containers: []types.ContainerDefinition{box("app", g.Listen+"/guest:nowhere", "exit 0")},
			code: failed, reason: "CannotPullContainerError: ", ends: []want{{"app", -1, "CannotPullContainerError: "}},
		},
		{
			name: "no-such-repository", containers: []types.ContainerDefinition{box("app", "000000000000.dkr.ecr.us-east-1.amazonaws.com/nobody:v1", "exit 0")},
			code: failed, reason: "CannotPullContainerError: ", ends: []want{{"app", -1, "CannotPullContainerError: "}},
		},
		{
			name: "registry-unreachable", containers: []types.ContainerDefinition{box("app", "127.0.0.1:1/app:v1", "exit 0")},
			code: failed, reason: "CannotPullContainerError: ", ends: []want{{"app", -1, "127.0.0.1:1"}},
		},
		{
			name: "no-such-command", containers: []types.ContainerDefinition{func() types.ContainerDefinition {
				c := box("app", img, "")
				c.EntryPoint = []string{"/no/such/program"}
				return c
			}()},
			code: failed, reason: "CannotStartContainerError: ", ends: []want{{"app", -1, "/no/such/program"}},
		},
		{
			name: "no-such-secret", containers: []types.ContainerDefinition{func() types.ContainerDefinition {
				c := box("app", img, "exit 0")
				c.Secrets = []types.Secret{{Name: aws.String("KEY"), ValueFrom: aws.String("/nobody/knows")}}
				return c
			}()},
			code: failed, reason: "ResourceInitializationError: unable to pull secrets or registry auth: ", ends: []want{{"app", -1, ""}},
		},
		{
			name: "no-such-env-file", containers: []types.ContainerDefinition{func() types.ContainerDefinition {
				c := box("app", img, "exit 0")
				c.EnvironmentFiles = []types.EnvironmentFile{{Type: types.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::nobody/knows.env")}}
				return c
			}()},
			code: failed, reason: "ResourceInitializationError: failed to download env files: ", ends: []want{{"app", -1, ""}},
		},
		{
			name: "awslogs-group-missing", containers: []types.ContainerDefinition{func() types.ContainerDefinition {
				c := box("app", img, "exit 0")
				c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "/nobody/knows", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "x"}}
				return c
			}()},
			code: failed, reason: "ResourceInitializationError: failed to validate logger args", ends: []want{{"app", -1, ""}},
		},
		{
			name: "bridge-mode-ends", containers: []types.ContainerDefinition{box("app", img, "exit 6")},
			define: func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeBridge },
			code:   essential, reason: "Essential container in task exited", ends: []want{{"app", 6, ""}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			task := g.RunTask(t, harness.TaskSpec{Family: c.name, Containers: c.containers, Define: c.define})
			if c.stop {
				ip := harness.Detail(task.Running(t), "privateIPv4Address")
				harness.Await(t, "the container says that it is ready", func() bool {
					conn, err := net.DialTimeout("tcp", ip+":9999", 10*time.Second)
					if err == nil {
						conn.Close()
					}
					return err == nil
				})
				task.Stop(t, "enough")
			}
			now := task.Stopped(t)
			if now.StopCode != c.code || !strings.HasPrefix(aws.ToString(now.StoppedReason), c.reason) {
				t.Errorf("%s %q, want %s %q…", now.StopCode, aws.ToString(now.StoppedReason), c.code, c.reason)
			}
			for _, w := range c.ends {
				x := harness.Container(t, now, w.name)
				exit := int32(-1)
				if x.ExitCode != nil {
					exit = *x.ExitCode
				}
				if exit != w.exit || !strings.Contains(aws.ToString(x.Reason), w.reason) || *x.LastStatus != "STOPPED" {
					t.Errorf("container %s: %s, exit %d, reason %q, want STOPPED, %d, %q", w.name, *x.LastStatus, exit, aws.ToString(x.Reason), w.exit, w.reason)
				}
			}
			checkTimes(t, now, c.code != failed)
		})
	}
}

// checkTimes expects the times of a STOPPED task, in order.
func checkTimes(t *testing.T, x types.Task, ran bool) {
	t.Helper()
	type moment struct {
		name string
		at   *time.Time
	}
	list := []moment{{"createdAt", x.CreatedAt}, {"stoppingAt", x.StoppingAt}, {"stoppedAt", x.StoppedAt}}
	if ran {
		list = []moment{
			{"createdAt", x.CreatedAt},
			{"pullStartedAt", x.PullStartedAt},
			{"pullStoppedAt", x.PullStoppedAt},
			{"startedAt", x.StartedAt},
			{"executionStoppedAt", x.ExecutionStoppedAt},
			{"stoppedAt", x.StoppedAt},
		}
		if x.StoppingAt == nil || x.ConnectivityAt == nil {
			t.Errorf("stoppingAt %v, connectivityAt %v", x.StoppingAt, x.ConnectivityAt)
		}
	}
	for i, m := range list {
		if m.at == nil {
			t.Errorf("%s is absent", m.name)
			continue
		}
		if i > 0 && list[i-1].at != nil && m.at.Before(*list[i-1].at) {
			t.Errorf("%s %v is before %s %v", m.name, m.at, list[i-1].name, list[i-1].at)
		}
	}
}

func boxes(list ...types.ContainerDefinition) []types.ContainerDefinition { return list }

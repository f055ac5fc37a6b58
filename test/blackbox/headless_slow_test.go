//go:build slow

package blackbox

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowHeadlessStubborn: tasks without any traffic that ignore SIGTERM hold up
// no deployment: when the longest stopTimeout of a task has passed, it is killed.
func TestSlowHeadlessStubborn(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	for _, c := range []struct {
		name    string
		config  *types.DeploymentConfiguration
		timeout int32 // of containers, in seconds
	}{
		{"hstubborn-rolling", harness.Rolling(), 2},
		{"hstubborn-bluegreen", harness.BlueGreen(0), 2},
		{"hstubborn-long", harness.BlueGreen(0), 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			svc := g.NewServiceOf(t, harness.ServiceSpec{
				Name: c.name, Image: g.Guest(t, "v1", "stubborn"), Count: 2, NoBalancer: true,
				Define: func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].StopTimeout = &c.timeout },
				Create: func(in *ecs.CreateServiceInput) { in.DeploymentConfiguration = c.config },
			})
			old := svc.Tasks(t)
			replace(t, svc, g.Guest(t, "v2", ""), types.ServiceDeploymentStatusSuccessful)
			svc.Wait(t)
			for _, x := range stoppedTasks(t, g, old) {
				exit := harness.Container(t, x, "app").ExitCode
				if aws.ToInt32(exit) != 137 {
					t.Errorf("exit code %v, want 137: killed", exit)
				}
				// Times of tasks are those of this machine, and a default is 30 seconds.
				took, want := x.ExecutionStoppedAt.Sub(*x.StoppingAt), time.Duration(c.timeout)*time.Second
				if took < want || took > want+20*time.Second {
					t.Errorf("killed %v after it was asked to stop, want %v", took, want)
				}
				t.Logf("%s after %v", x.StopCode, took)
			}
		})
	}
}

// stoppedTasks waits until tasks have stopped.
func stoppedTasks(t *testing.T, g *harness.Grue, arns []string) (out []types.Task) {
	t.Helper()
	harness.Await(t, "the tasks to stop", func() bool {
		got, err := g.ECS().DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: arns})
		if err != nil {
			t.Fatal(err)
		}
		out = got.Tasks
		for i := range out {
			if aws.ToString(out[i].LastStatus) != "STOPPED" {
				return false
			}
		}
		return len(out) == len(arns)
	})
	return out
}

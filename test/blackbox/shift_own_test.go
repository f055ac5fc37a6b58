package blackbox

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// ownHook is a hook whose target stands in its hookDetails.
func ownHook(member string, target any, stages ...types.DeploymentLifecycleHookStage) types.DeploymentLifecycleHook {
	return types.DeploymentLifecycleHook{LifecycleStages: stages, HookDetails: document.NewLazyDocument(map[string]any{member: target})}
}

func taskHook(stage types.DeploymentLifecycleHookStage, words ...string) types.DeploymentLifecycleHook {
	return ownHook("grue:task", map[string]any{"command": words}, stage)
}

// hookTasks describes the tasks that hooks of a service ran, whether they still run or not.
func hookTasks(t *testing.T, g *harness.Grue, service string) []types.Task {
	t.Helper()
	var arns []string
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		list, err := g.ECS().ListTasks(t.Context(), &ecs.ListTasksInput{DesiredStatus: status})
		if err != nil {
			t.Fatal(err)
		}
		arns = append(arns, list.TaskArns...)
	}
	out, err := g.ECS().DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: arns})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(out.Tasks, func(x types.Task) bool { return aws.ToString(x.Group) != "hook:"+service })
}

// TestHookTasks: a one-off task is a hook. It runs once whatever happens, its exit
// code is the answer, and one that nobody waits for any more is stopped.
func TestHookTasks(t *testing.T) {
	t.Parallel()
	g := harness.Start(t, "--minute", "1s")
	svc, load := hooked(t, g, "chore")
	up := types.DeploymentLifecycleHookStagePreScaleUp
	for _, c := range []struct {
		name    string
		hook    types.DeploymentLifecycleHook
		during  func(t *testing.T)
		ends    types.ServiceDeploymentStatus
		because string
	}{
		{"it ends well", taskHook(up, "print", "done"), nil, successful, ""},
		{"it fails", taskHook(up, "exit", "7"), nil, rolledBack, "exited with code 7"},
		{"it takes too long", harness.Timeout(taskHook(up, "sleep", "1h"), 3, goBack), nil, rolledBack, "timed out"},
		{"the server dies meanwhile", taskHook(up, "sleep", "15s"), func(t *testing.T) {
			harness.Await(t, "the task", func() bool {
				return slices.ContainsFunc(hookTasks(t, g, svc.Name), func(x types.Task) bool { return *x.LastStatus == "RUNNING" })
			})
			g.Kill("server")
		}, successful, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(hookTasks(t, g, svc.Name))
			svc.Configure(t, harness.BlueGreen(0, c.hook))
			svc.Change(t, &ecs.UpdateServiceInput{ForceNewDeployment: true})
			if c.during != nil {
				c.during(t)
			}
			d := svc.Ended(t)
			if d.Status != c.ends || !strings.Contains(aws.ToString(d.StatusReason), c.because) {
				t.Errorf("%s: %s", d.Status, aws.ToString(d.StatusReason))
			}
			harness.Await(t, "the end of the task", func() bool {
				return !slices.ContainsFunc(hookTasks(t, g, svc.Name), func(x types.Task) bool { return *x.LastStatus != "STOPPED" })
			})
			if n := len(hookTasks(t, g, svc.Name)) - before; n != 1 {
				t.Errorf("the hook ran %d tasks", n)
			}
		})
	}
	load.StopAndExpectNoFailures(t)
}

// TestHookURL: a URL gets the event of a Lambda function, signed, and answers like one.
func TestHookURL(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc, load := hooked(t, g, "url")
	var mu sync.Mutex
	var ids, bodies []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if !strings.HasPrefix(r.Header.Get("webhook-signature"), "v1,") {
			t.Errorf("not signed: %v", r.Header)
		}
		ids, bodies = append(ids, r.Header.Get("webhook-id")), append(bodies, string(body))
		if len(bodies) == 1 {
			_, _ = io.WriteString(w, `{"hookStatus":"IN_PROGRESS","callBackDelay":1,"hookDetails":{"seen":1}}`)
			return
		}
		_, _ = io.WriteString(w, `{"hookStatus":"FAILED"}`)
	}))
	defer srv.Close()
	svc.Configure(t, harness.BlueGreen(0, ownHook("grue:url", srv.URL+"/x?token=1", types.DeploymentLifecycleHookStagePostTestTrafficShift)))
	svc.Change(t, &ecs.UpdateServiceInput{ForceNewDeployment: true})
	d := svc.Ended(t)
	want := "POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook target " + srv.URL + "/x returned FAILED status."
	if d.Status != rolledBack || !strings.Contains(aws.ToString(d.StatusReason), want) {
		t.Errorf("%s: %s", d.Status, aws.ToString(d.StatusReason))
	}
	mu.Lock()
	defer mu.Unlock()
	if len(bodies) != 2 || ids[0] == ids[1] || strings.Contains(bodies[0], `"seen"`) || !strings.Contains(bodies[1], `"seen":1`) {
		t.Errorf("%d calls: %v\n%s", len(bodies), ids, strings.Join(bodies, "\n"))
	}
	load.StopAndExpectNoFailures(t)
}

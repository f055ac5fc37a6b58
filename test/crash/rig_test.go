package crash

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/fault"
	"github.com/grue-ecs/grue/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

// strategy is one of the four, with what a deployment of it does here.
type strategy struct {
	name   string
	config func(...ecstypes.DeploymentLifecycleHook) *ecstypes.DeploymentConfiguration
	shifts bool
	calls  int // executions of the Lambda hook: one before each shift of production
}

var strategies = []strategy{
	{"rolling", func(...ecstypes.DeploymentLifecycleHook) *ecstypes.DeploymentConfiguration { return harness.Rolling() }, false, 0},
	{"blue-green", func(h ...ecstypes.DeploymentLifecycleHook) *ecstypes.DeploymentConfiguration {
		return harness.BlueGreen(1, h...)
	}, true, 1},
	{"canary", func(h ...ecstypes.DeploymentLifecycleHook) *ecstypes.DeploymentConfiguration {
		return harness.Canary(10, 1, h...)
	}, true, 2},
	{"linear", func(h ...ecstypes.DeploymentLifecycleHook) *ecstypes.DeploymentConfiguration {
		return harness.Linear(40, 1, h...)
	}, true, 3},
}

// count is the desired count of the service.
const count = 2

// logGroup takes the output of all tasks.
const logGroup = "/crash"

// minute is how long a minute of bakes and alarms lasts.
const minute = "200ms"

// rig is a grue with one service, whose server can be made to die.
type rig struct {
	g          *harness.Grue
	svc        *harness.Shift
	s          strategy
	plan, once string // files of package fault
	hook       *harness.Hook
	ledger     *ledger
	live       string // version that serves
	n          int    // versions so far
}

// newRig runs a grue; it ends with the test.
func newRig(t *testing.T, s strategy) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{s: s, plan: filepath.Join(dir, "plan"), once: filepath.Join(dir, "once"), live: "v0"}
	r.g = harness.StartIn(t, []string{fault.Variable + "=@" + r.plan, fault.OnceVariable + "=" + r.once}, "--minute", minute)
	r.g.NewAlarm(t, "errors")
	if s.shifts {
		r.hook = r.g.NewHook(t, "gate", func(harness.HookCall) any { return harness.Say("SUCCEEDED") })
	}
	r.svc = r.g.NewShift(t, r.spec("web", r.g.Guest(t, r.live, "")))
	r.drive(t, plain)
	r.svc.Wait(t)
	r.ledger = startLedger(t, r.g)
	return r
}

// spec is a service of the rig's strategy.
func (r *rig) spec(name, image string) harness.ShiftSpec {
	return harness.ShiftSpec{
		Name: name, Image: image, Count: count, Config: r.config(), NoWait: true,
		// Each start of a task is counted: none may be replaced because a slow machine
		// let its health check wait.
		Create: func(in *ecs.CreateServiceInput) { in.HealthCheckGracePeriodSeconds = aws.Int32(3600) },
		Define: func(in *ecs.RegisterTaskDefinitionInput) {
			in.ExecutionRoleArn = aws.String("arn:aws:iam::000000000000:role/exec")
			in.ContainerDefinitions[0].LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": logGroup, "awslogs-create-group": "true", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "t",
			}}
		},
	}
}

// config is the deployment configuration, with a pause, a Lambda hook and an alarm.
func (r *rig) config() *ecstypes.DeploymentConfiguration {
	if !r.s.shifts {
		return harness.Watched(r.s.config(), "errors")
	}
	return harness.Watched(r.s.config(
		harness.PauseAt(ecstypes.DeploymentLifecycleHookStagePostScaleUp),
		r.hook.On(ecstypes.DeploymentLifecycleHookStagePreProductionTrafficShift),
	), "errors")
}

// arm makes points deadly, each once, in the running server.
func (r *rig) arm(t *testing.T, points ...string) {
	t.Helper()
	if err := os.WriteFile(r.plan+".tmp", []byte(strings.Join(points, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.plan+".tmp", r.plan); err != nil {
		t.Fatal(err)
	}
}

// fired tells at which points the server died.
func (r *rig) fired() []string {
	doc, _ := os.ReadFile(r.once) // it has not died yet
	return strings.Fields(string(doc))
}

// push makes the next version's image. One that is to be rolled back never becomes
// healthy where no pause keeps the deployment from its end.
func (r *rig) push(t *testing.T, k kind) (version, image string) {
	t.Helper()
	r.n++
	version = fmt.Sprintf("v%d", r.n)
	switch {
	case k == anew:
		return version, r.g.GuestAnew(t, version)
	case !r.s.shifts && (k == stopped || k == alarmed):
		return version, r.g.Guest(t, version, "unhealthy")
	}
	return version, r.g.Guest(t, version, "")
}

// calm ends the alarm.
func (r *rig) calm(t *testing.T) {
	t.Helper()
	r.g.SetAlarm(t, "errors", types.StateValueOk)
}

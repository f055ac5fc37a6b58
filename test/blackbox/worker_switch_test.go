package blackbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/test/harness"
)

// workers is the service notifications of examples/unicornwatch, its queue and its
// switch.
type workers struct {
	*harness.Service
	g     *harness.Grue
	name  string // of everything, new in each run
	queue *string
	hook  types.DeploymentLifecycleHook
	stop  context.CancelFunc
	sent  chan int
}

// newWorkers makes them, version v1, and sends messages until told to end.
func newWorkers(t *testing.T) *workers {
	ctx := context.Background()
	w := &workers{g: harness.Quick(t), name: "workers-" + strings.ToLower(rand.Text()[:8]), sent: make(chan int, 1)}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin+"/", "../../examples/unicornwatch/notifications/...")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.queue = must(w.sqs().CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &w.name}))(t).QueueUrl
	must(ssm.NewFromConfig(w.g.Config()).PutParameter(ctx, &ssm.PutParameterInput{
		Name: w.parameter(), Value: aws.String("nobody"), Type: ssmtypes.ParameterTypeString,
	}))(t)
	w.hook = w.function(t, filepath.Join(bin, "hook"))
	w.Service = w.g.NewServiceOf(t, harness.ServiceSpec{
		Name: w.name, Count: 2, NoBalancer: true, Image: w.image(t, "v1", filepath.Join(bin, "notifications")), Define: w.define,
		Create: func(in *ecs.CreateServiceInput) { in.DeploymentConfiguration = harness.BlueGreen(0, w.hook) },
	})
	w.image(t, "v2", filepath.Join(bin, "notifications"))
	sending, stop := context.WithCancel(ctx)
	w.stop = stop
	t.Cleanup(stop)
	go w.send(sending)
	return w
}

func (w *workers) sqs() *sqs.Client { return sqs.NewFromConfig(w.g.Config()) }

// parameter is the name of the switch.
func (w *workers) parameter() *string { return aws.String("/" + w.name + "/active") }

// define completes the task definition.
func (w *workers) define(in *ecs.RegisterTaskDefinitionInput) {
	in.TaskRoleArn, in.ExecutionRoleArn = aws.String("arn:aws:iam::000000000000:role/worker"), aws.String("arn:aws:iam::000000000000:role/execution")
	c := &in.ContainerDefinitions[0]
	c.PortMappings = nil
	c.Environment = []types.KeyValuePair{
		{Name: aws.String("QUEUE"), Value: &w.name}, {Name: aws.String("ACTIVE"), Value: w.parameter()},
	}
	c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
		"awslogs-group": w.name, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "w", "awslogs-create-group": "true",
	}}
}

func (w *workers) image(t *testing.T, version, program string) (ref string) {
	img := must(image.Build(t.Context(), image.BuildOptions{
		Files:      map[string]image.File{"/worker": {Content: must(os.ReadFile(program))(t), Mode: 0o755}},
		Entrypoint: []string{"/worker"}, Env: []string{"VERSION=" + version},
	}))(t)
	ref = w.g.Listen + "/worker:" + version
	if err := image.Push(t.Context(), img, ref, runtime.RegistryAuth{}); err != nil {
		t.Fatal(err)
	}
	return ref
}

// function makes the hook of the example a Lambda function.
func (w *workers) function(t *testing.T, program string) types.DeploymentLifecycleHook {
	f := must(lambda.NewFromConfig(w.g.Config()).CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &w.name, Runtime: lambdatypes.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Timeout: aws.Int32(30),
		Role: aws.String("arn:aws:iam::000000000000:role/hook"), Code: &lambdatypes.FunctionCode{ZipFile: zipOf(t, map[string]string{"bootstrap": string(must(os.ReadFile(program))(t))})},
	}))(t)
	return types.DeploymentLifecycleHook{
		HookTargetArn: f.FunctionArn, RoleArn: aws.String("arn:aws:iam::000000000000:role/hooks"),
		LifecycleStages: []types.DeploymentLifecycleHookStage{types.DeploymentLifecycleHookStageProductionTrafficShift},
		HookDetails:     document.NewLazyDocument(map[string]any{"parameter": *w.parameter()}),
	}
}

// send sends numbered messages until ctx ends, and then tells how many it sent.
func (w *workers) send(ctx context.Context) {
	n := 0
	for tick := time.NewTicker(50 * time.Millisecond); ; n++ {
		body := fmt.Sprintf(`{"id":"%d"}`, n)
		if _, err := w.sqs().SendMessage(context.WithoutCancel(ctx), &sqs.SendMessageInput{QueueUrl: w.queue, MessageBody: &body}); err != nil {
			n--
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			w.sent <- n + 1
			return
		case <-tick.C:
		}
	}
}

// told is a line of a worker's log, about a message.
type told struct {
	Told, By string
	Received int64
}

func (w *workers) told(t *testing.T) (out []told) {
	t.Helper()
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(w.g.Config()), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &w.name})
	for pages.HasMorePages() {
		for _, e := range must(pages.NextPage(t.Context()))(t).Events {
			var line told
			if json.Unmarshal([]byte(*e.Message), &line) == nil && line.Told != "" {
				out = append(out, line)
			}
		}
	}
	slices.SortFunc(out, func(a, b told) int { return int(a.Received - b.Received) })
	return out
}

// active is the number of the revision that the switch is on.
func (w *workers) active(t *testing.T) string {
	t.Helper()
	return *must(ssm.NewFromConfig(w.g.Config()).GetParameter(t.Context(), &ssm.GetParameterInput{Name: w.parameter()}))(t).Parameter.Value
}

// TestWorkerSwitch: the hook and the worker of examples/unicornwatch/notifications. While blue and green run, one
// of them works: green after the shift, blue again after a rollback. Every
// message is told once, and the revisions take turns.
func TestWorkerSwitch(t *testing.T) {
	t.Parallel()
	w := newWorkers(t)
	blue := w.active(t)
	w.Configure(t, harness.BlueGreen(0, w.hook, harness.PauseAt(types.DeploymentLifecycleHookStagePostProductionTrafficShift)))
	w.Update(t, w.g.Listen+"/worker:v2")
	d := w.Paused(t, types.ServiceDeploymentLifecycleStagePostProductionTrafficShift)
	green := revisionOf(d)
	if got := w.active(t); got != green {
		t.Errorf("%s is active after the shift, not green, %s", got, green)
	}
	harness.Await(t, "green works", func() bool { return slices.ContainsFunc(w.told(t), func(x told) bool { return x.By == green }) })
	w.Answer(t, d, types.DeploymentLifecycleHookActionRollback)
	if d := w.Ended(t); d.Status != types.ServiceDeploymentStatusRollbackSuccessful || w.active(t) != blue {
		t.Errorf("%s, %s is active, blue is %s: %s", d.Status, w.active(t), blue, aws.ToString(d.StatusReason))
	}
	harness.Await(t, "blue works again", func() bool { lines := w.told(t); return lines[len(lines)-1].By == blue })
	w.stop()
	sent := <-w.sent
	harness.Await(t, "every message is told", func() bool { return len(w.told(t)) >= sent })
	check := map[string]bool{}
	var turns []string
	for _, x := range w.told(t) {
		if check[x.Told] {
			t.Errorf("message %s was told twice", x.Told)
		}
		check[x.Told] = true
		if len(turns) == 0 || turns[len(turns)-1] != x.By {
			turns = append(turns, x.By)
		}
	}
	if got, want := strings.Join(turns, " "), strings.Join([]string{blue, green, blue}, " "); got != want || len(check) != sent {
		t.Errorf("of %d messages %d were told, in turns of %s, not %s", sent, len(check), got, want)
	}
}

// revisionOf is the number of the service revision which a deployment brings.
func revisionOf(d types.ServiceDeployment) string {
	arn := aws.ToString(d.TargetServiceRevision.Arn)
	return arn[strings.LastIndexByte(arn, '/')+1:]
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

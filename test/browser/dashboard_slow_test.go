//go:build slow && linux

package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

// evil is text that must stay text.
const evil = `<img src=x onerror="window.hacked=1">`

const beforeShift = types.DeploymentLifecycleHookStagePreProductionTrafficShift

// TestSlowDashboard: a person watches a canary and approves it, sees a bad version go
// back, rejects a third; reads logs, history, balancers, alarms and the manual; signs
// in from elsewhere; and finds one of a thousand services. No request is lost meanwhile.
func TestSlowDashboard(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the embedded runtime needs root")
	}
	browser, node := chromium(t), modules(t)
	g := harness.Start(t, "--minute", "3s")
	w := newWorld(t, g)
	far := newRemote(t)
	w.crowd = newCrowd(t)
	shots := shotsDir(t)
	drive(t, map[string]string{
		"CHROMIUM": browser, "MODULES": node, "SHOTS": shots, "EVIL": evil, "URL": g.URL(),
		"FAR": far.url, "FAR_ID": far.id, "FAR_SECRET": far.secret, "BALANCER": w.shop.Name,
	}, func(x wish) string { return w.fulfil(t, x) })
	t.Log("pictures: " + shots)
	w.load.StopAndExpectNoFailures(t)
	for _, version := range []string{"v3", "v4"} {
		if n := w.load.Seen("prod", version); n > 0 {
			t.Errorf("production was answered %d times by %s, which was never let through", n, version)
		}
	}
	if w.load.Seen("prod", "v2") == 0 {
		t.Error("the canary answered nothing")
	}
}

// shotsDir is where the pictures are left.
func shotsDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("GRUE_SHOTS"); dir != "" {
		if !filepath.IsAbs(dir) { // of who types, not of the package
			dir = must(filepath.Abs(filepath.Join("..", "..", dir)))(t)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	return must(os.MkdirTemp("", "grue-shots-"))(t)
}

// world is what the dashboard shows.
type world struct {
	g     *harness.Grue
	shop  *harness.Shift
	load  *harness.Traffic
	tests *harness.Traffic // on the test listener; nil = none
	env   []types.KeyValuePair
	crowd func() string // address of a grue with many services
}

// newWorld makes a service under load whose canaries wait for approval before each
// shift, with an alarm on errors, and one that writes a log.
func newWorld(t *testing.T, g *harness.Grue) *world {
	t.Helper()
	w := &world{g: g}
	w.shop = g.NewShift(t, harness.ShiftSpec{Name: "shop", Image: g.Guest(t, "v1", ""), Count: 2, Define: func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].Environment = w.env
	}})
	w.load = harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: w.shop.Fronts[0].URL, Pace: 20 * time.Millisecond})
	g.NewServiceOf(t, harness.ServiceSpec{Name: "talker", Image: g.Guest(t, "v1", ""), Count: 1, NoBalancer: true, Define: func(in *ecs.RegisterTaskDefinitionInput) {
		in.ExecutionRoleArn = aws.String("arn:aws:iam::000000000000:role/ecsTaskExecutionRole")
		in.ContainerDefinitions[0].Command = talk()
		in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
			"awslogs-group": "/shop/talker", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app", "awslogs-create-group": "true",
		}}
	}})
	w.alarm(t)
	w.shop.Configure(t, harness.Watched(harness.Canary(10, 1, harness.PauseAt(beforeShift)), "shop-errors"))
	return w
}

// talk is a command that writes for hours. The evil text is always among the newest
// 200 lines, which a log begins with.
func talk() (words []string) {
	for range 500 {
		words = append(words, "print", evil, ";", "lines", "40", "400ms", ";")
	}
	return words[:len(words)-1]
}

// alarm makes one on answers 5xx of all targets, also those of test traffic.
func (w *world) alarm(t *testing.T) {
	t.Helper()
	_, balancer, _ := strings.Cut(w.shop.Balancer, "loadbalancer/")
	must(cloudwatch.NewFromConfig(w.g.Config()).PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("shop-errors"), Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("HTTPCode_Target_5XX_Count"),
		AlarmDescription: aws.String("Errors of the shop. " + evil),
		Dimensions:       []cwtypes.Dimension{{Name: aws.String("LoadBalancer"), Value: &balancer}}, Statistic: cwtypes.StatisticSum,
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(5),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, TreatMissingData: aws.String("notBreaching"),
	}))(t)
}

// fulfil does what the program in the browser asks for.
func (w *world) fulfil(t *testing.T, x wish) string {
	t.Helper()
	switch x.Do {
	case "deploy":
		w.env = []types.KeyValuePair{{Name: aws.String("GREETING"), Value: aws.String(x.Version + " " + evil)}}
		w.shop.Update(t, w.g.Guest(t, x.Version, x.Mode))
	case "test traffic":
		w.tests = harness.StartTraffic(t, harness.Lane{Kind: "test", URL: w.shop.Fronts[0].TestURL, Header: w.shop.Fronts[0].TestHeader, Connections: 4, Pace: 50 * time.Millisecond})
	case "no test traffic":
		w.tests.Stop()
	case "crowd":
		return w.crowd()
	case "settled":
		w.shop.Ended(t)
	default:
		t.Fatalf("nobody can do %q", x.Do)
	}
	return "done"
}

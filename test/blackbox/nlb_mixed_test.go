package blackbox

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestNLBAndALB: a service behind a load balancer of each type moves on both in the
// same stages.
func TestNLBAndALB(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	spec := overTCP
	spec.Test = harness.TestListener
	svc := g.NewShift(t, harness.ShiftSpec{
		Name: "net-both", Image: g.Guest(t, "v1", ""), Count: 1,
		Fronts: []harness.FrontSpec{{Test: harness.TestListener}, spec},
	})
	app, net := svc.Fronts[0], svc.Fronts[1]
	live := []int{app.Live(t), net.Live(t)}
	load := harness.StartTraffic(t, append(lanes(net), harness.Lane{Kind: "http", URL: app.URL})...)
	svc.Configure(t, harness.Canary(20, 0, harness.PauseAt(postTest, preShift, postShift)))
	svc.Update(t, g.Guest(t, "v2", ""))
	expect := func(what, production, test string) {
		t.Helper()
		app.ExpectSplits(t, what, live[0], production, test)
		net.ExpectSplits(t, what, live[1], production, test)
	}
	svc.Pass(t, postTest, func(types.ServiceDeployment) {
		expect("tested", "100:0", "0:100")
		load.Only(t, "tested", "v2", 10, "test")
	})
	svc.Pass(t, preShift, func(types.ServiceDeployment) { load.Only(t, "before", "v1", 20, "short", "http") })
	svc.Pass(t, preShift, func(types.ServiceDeployment) { expect("canary", "80:20", "0:100") })
	svc.Pass(t, postShift, func(types.ServiceDeployment) {
		expect("shifted", "0:100", "0:100")
		load.Only(t, "shifted", "v2", 20, "short", "http")
	})
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	load.StopAndExpectNoFailures(t)
}

// TestNLBDatagrams: UDP flows move like connections.
func TestNLBDatagrams(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	spec := harness.FrontSpec{Network: elbtypes.ProtocolEnumUdp, Test: harness.TestListener}
	svc := g.NewShift(t, harness.ShiftSpec{Name: "net-udp", Image: g.Guest(t, "v1", ""), Count: 1, Fronts: []harness.FrontSpec{spec}})
	front := svc.Fronts[0]
	load := harness.StartTraffic(t,
		harness.Lane{Kind: "prod", Network: "udp", URL: front.Address, Connections: 2},
		harness.Lane{Kind: "test", Network: "udp", URL: front.TestAddress, Connections: 1})
	load.Only(t, "before", "v1", 20, "prod", "test")
	svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(postTest)))
	svc.Update(t, g.Guest(t, "v2", ""))
	svc.Pass(t, postTest, func(types.ServiceDeployment) {
		load.Only(t, "tested", "v1", 20, "prod")
		load.Only(t, "tested", "v2", 10, "test")
	})
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	load.Only(t, "afterwards", "v2", 20, "prod", "test")
	load.StopAndExpectNoFailures(t)
}

// TestNLBAlarm: a green that resets its testers' connections is seen by an alarm on
// the load balancer's own metric, before a client in production meets it.
func TestNLBAlarm(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	spec := overTCP
	spec.Test = harness.TestListener
	svc := g.NewShift(t, harness.ShiftSpec{Name: "net-alarm", Image: g.Guest(t, "v1", ""), Count: 1, Fronts: []harness.FrontSpec{spec}})
	front := svc.Fronts[0]
	_, dimension, _ := strings.Cut(front.Production, ":listener/")
	dimension = dimension[:strings.LastIndexByte(dimension, '/')]
	if _, err := cloudwatch.NewFromConfig(g.Config()).PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("net-resets"), Namespace: aws.String("AWS/NetworkELB"), MetricName: aws.String("TCP_Target_Reset_Count"),
		Dimensions: []cwtypes.Dimension{{Name: aws.String("LoadBalancer"), Value: &dimension}}, Statistic: cwtypes.StatisticSum,
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(0), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
		TreatMissingData: aws.String("notBreaching"),
	}); err != nil {
		t.Fatal(err)
	}
	load := harness.StartTraffic(t, lanes(front)[:2]...)
	svc.Configure(t, harness.Watched(harness.BlueGreen(0, harness.PauseAt(postTest)), "net-resets"))
	svc.Update(t, g.Guest(t, "v2", "reset"))
	svc.Paused(t, postTest)
	testers := harness.StartTraffic(t, harness.Lane{Kind: "test", Network: "tcp", URL: front.TestAddress, Connections: 1})
	d := svc.Ended(t)
	testers.Stop()
	if d.Status != rolledBack || !strings.Contains(value(d.StatusReason), "net-resets") {
		t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	load.Only(t, "afterwards", "v1", 20, "short", "long")
	load.StopAndExpectNoFailures(t)
}

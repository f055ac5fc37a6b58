package client

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// service is what DescribeServices says of a service in the middle of a deployment.
func service() *types.Service {
	return &types.Service{
		ServiceName: aws.String("web"), ClusterArn: aws.String("arn:aws:ecs:us-east-1:000000000000:cluster/shop"), Status: aws.String("ACTIVE"),
		DesiredCount: 4, RunningCount: 5, TaskDefinition: aws.String("arn:aws:ecs:us-east-1:000000000000:task-definition/web:2"),
		DeploymentConfiguration: &types.DeploymentConfiguration{Strategy: types.DeploymentStrategyCanary},
		Deployments: []types.Deployment{
			{Id: aws.String("ecs-svc/22"), Status: aws.String("PRIMARY"), DesiredCount: 4, RunningCount: 1, FailedTasks: 2, RolloutState: "IN_PROGRESS", TaskDefinition: aws.String("a/web:2")},
			{Id: aws.String("ecs-svc/11"), Status: aws.String("ACTIVE"), DesiredCount: 4, RunningCount: 4, RolloutState: "COMPLETED", TaskDefinition: aws.String("a/web:1")},
		},
	}
}

func deployment() *types.ServiceDeployment {
	return &types.ServiceDeployment{
		ServiceDeploymentArn: aws.String("arn:x:service-deployment/shop/web/Kx2"), Status: types.ServiceDeploymentStatusInProgress, CreatedAt: &start,
		LifecycleStage:          "SCALE_UP",
		SourceServiceRevisions:  []types.ServiceRevisionSummary{{Arn: aws.String("arn:x:service-revision/shop/web/11"), RunningTaskCount: 4, RequestedProductionTrafficWeight: aws.Float64(90.5)}},
		TargetServiceRevision:   &types.ServiceRevisionSummary{Arn: aws.String("arn:x:service-revision/shop/web/22"), RequestedProductionTrafficWeight: aws.Float64(9.5)},
		DeploymentConfiguration: &types.DeploymentConfiguration{Strategy: types.DeploymentStrategyCanary},
	}
}

func seenAfter(seconds int, change func(*types.ServiceDeployment), events ...string) *Snapshot {
	raw, d := service(), deployment()
	if change != nil {
		change(d)
	}
	for _, e := range events { // newest first
		raw.Events = append(raw.Events, types.ServiceEvent{Id: aws.String(e), Message: aws.String(e), CreatedAt: aws.Time(start.Add(time.Second))})
	}
	s := snapshotOf(raw)
	s.At, s.Deployment = start.Add(time.Duration(seconds)*time.Second), deploymentOf(d, raw)
	return s
}

func TestOutcomes(t *testing.T) {
	waits := []Hook{{Status: "IN_PROGRESS"}, {Status: "AWAITING_ACTION"}}
	for _, c := range []struct {
		status types.ServiceDeploymentStatus
		hooks  []Hook
		want   Outcome
		final  bool
	}{
		{"PENDING", nil, InProgress, false},
		{"IN_PROGRESS", nil, InProgress, false},
		{"IN_PROGRESS", waits[:1], InProgress, false},
		{"IN_PROGRESS", waits, WaitsForApproval, false},
		{"STOP_REQUESTED", nil, InProgress, false},
		{"ROLLBACK_REQUESTED", waits, RollingBack, false},
		{"ROLLBACK_IN_PROGRESS", nil, RollingBack, false},
		{"SUCCESSFUL", nil, Deployed, true},
		{"STOPPED", nil, Stopped, true},
		{"ROLLBACK_SUCCESSFUL", nil, RolledBack, true},
		{"ROLLBACK_FAILED", nil, RollbackFailed, true},
	} {
		if got := outcomeOf(c.status, c.hooks); got != c.want || got.Final() != c.final {
			t.Errorf("%s: %s, final %v", c.status, got, got.Final())
		}
	}
	for state, want := range map[types.DeploymentRolloutState]Outcome{"COMPLETED": Deployed, "FAILED": Stopped, "IN_PROGRESS": InProgress, "": InProgress} {
		if got := outcomeOfRollout(state, 1, 2); got != want {
			t.Errorf("rollout %q: %s", state, got)
		}
	}
	if got := outcomeOfRollout("", 2, 2); got != Deployed {
		t.Errorf("all tasks run: %s", got)
	}
}

func TestSnapshot(t *testing.T) {
	s := seenAfter(3, nil)
	if s.Cluster != "shop" || s.Strategy != "CANARY" || s.Steady || s.Over() || s.TaskDefinition != "web:2" {
		t.Errorf("%+v", s)
	}
	d := s.Deployment
	if d.New.Name() != "web:2" || d.New.Failed != 2 || d.New.Running != 1 || d.Old[0].Name() != "web:1" || *d.Old[0].Weight != 90.5 {
		t.Errorf("%+v", d)
	}
	if line := d.Line(); line != "SCALE_UP                       blue web:1 4/4 tasks 90.5 %  green web:2 1/4 tasks 9.5 % (2 failed)" {
		t.Error(line)
	}
	alone := rollout(service())
	if alone.ID != "22" || alone.Outcome != InProgress || len(alone.Old) != 1 || alone.New.Name() != "web:2" {
		t.Errorf("%+v", alone)
	}
}

func TestReached(t *testing.T) {
	d := Deployment{Outcome: InProgress, Stage: "TEST_TRAFFIC_SHIFT"}
	for stage, want := range map[string]bool{"SCALE_UP": true, "TEST_TRAFFIC_SHIFT": true, "BAKE_TIME": false} {
		if d.Reached(stage) != want {
			t.Errorf("%s: %v", stage, !want)
		}
	}
	for outcome, want := range map[Outcome]bool{Deployed: true, RolledBack: false, RollingBack: false, Stopped: false, WaitsForApproval: true} {
		if d.Outcome = outcome; d.Reached("SCALE_UP") != want {
			t.Errorf("%s: %v", outcome, !want)
		}
	}
	if (&Deployment{Outcome: InProgress}).Reached("SCALE_UP") {
		t.Error("a rolling deployment has no stages")
	}
}

// Every change is told once, in order.
func TestChanges(t *testing.T) {
	until := start.Add(time.Hour)
	pause := func(d *types.ServiceDeployment) {
		d.LifecycleStage = "PRE_PRODUCTION_TRAFFIC_SHIFT"
		d.LifecycleHookDetails = []types.DeploymentLifecycleHookDetail{
			{HookId: aws.String("1"), TargetType: "PAUSE", Status: "AWAITING_ACTION", ExpiresAt: &until, TimeoutAction: "ROLLBACK"},
			{HookId: aws.String("2"), TargetType: "AWS_LAMBDA", TargetArn: aws.String("arn:x:function:smoke"), Status: "IN_PROGRESS"},
		}
	}
	back := func(d *types.ServiceDeployment) {
		d.Status, d.StatusReason = types.ServiceDeploymentStatusRollbackInProgress, aws.String("alarm")
		d.Rollback = &types.Rollback{Reason: aws.String("alarm detected"), StartedAt: &start}
		d.Alarms = &types.ServiceDeploymentAlarms{Status: "TRIGGERED", AlarmNames: []string{"a", "b"}, TriggeredAlarmNames: []string{"b"}}
	}
	over := func(d *types.ServiceDeployment) {
		back(d)
		d.Status, d.FinishedAt = types.ServiceDeploymentStatusRollbackSuccessful, aws.Time(start.Add(75*time.Second))
	}
	steps := []*Snapshot{
		seenAfter(1, nil), seenAfter(2, nil, "one"), seenAfter(2, nil, "one"), seenAfter(9, pause, "two", "one"), seenAfter(60, back, "two", "one"), seenAfter(75, over, "two", "one"),
	}
	var lines []string
	var before *Snapshot
	for _, s := range steps {
		lines = append(lines, Changes(before, s, " -c shop")...)
		before = s
	}
	want := `
    1.0s  deployment Kx2 of web, CANARY
    1.0s  SCALE_UP                       blue web:1 4/4 tasks 90.5 %  green web:2 1/4 tasks 9.5 % (2 failed)
    2.0s  event: one
    9.0s  PRE_PRODUCTION_TRAFFIC_SHIFT   blue web:1 4/4 tasks 90.5 %  green web:2 1/4 tasks 9.5 % (2 failed)
    9.0s  waits for approval: grue approve web -c shop, or grue reject web -c shop --reason … (rollback at ` + until.Local().Format(time.DateTime) + ` otherwise)
    9.0s  hook AWS_LAMBDA smoke IN_PROGRESS
    9.0s  event: two
   1m00s  ROLLBACK_IN_PROGRESS           blue web:1 4/4 tasks 90.5 %  green web:2 1/4 tasks 9.5 % (2 failed)
   1m00s  rolling back: alarm detected
   1m00s  alarm b is in ALARM
   1m15s  ROLLBACK_SUCCESSFUL            blue web:1 4/4 tasks 90.5 %  green web:2 1/4 tasks 9.5 % (2 failed)
web: web:2 was rolled back after 1m15s: alarm`
	if got := "\n" + strings.Join(lines, "\n"); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
	none := Changes(nil, &Snapshot{Service: "web", Desired: 2, Running: 1}, "")
	if len(none) != 1 || !strings.Contains(none[0], "no deployment yet; 1 of 2") {
		t.Error(none)
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0s", 4200 * time.Millisecond: "4.2s", 65 * time.Second: "1m05s", 2*time.Hour + 7*time.Minute: "2h07m", 100 * time.Hour: "4d",
	} {
		if got := Age(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}

func TestWeights(t *testing.T) {
	group := func(arn string, weight int32) elbtypes.TargetGroupTuple {
		return elbtypes.TargetGroupTuple{TargetGroupArn: &arn, Weight: &weight}
	}
	got := weights([]elbtypes.Action{{ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{group("a", 950), group("b", 50)}}}})
	if got["a"] != 95 || got["b"] != 5 {
		t.Error(got)
	}
	if got := weights([]elbtypes.Action{{TargetGroupArn: aws.String("a")}}); got["a"] != 100 {
		t.Error(got)
	}
	if got := weights([]elbtypes.Action{{ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{group("a", 0), group("b", 0)}}}}); got["a"] != 0 {
		t.Error(got)
	}
	state := func(s elbtypes.TargetHealthStateEnum) elbtypes.TargetHealthDescription {
		return elbtypes.TargetHealthDescription{TargetHealth: &elbtypes.TargetHealth{State: s}}
	}
	if n := countHealth([]elbtypes.TargetHealthDescription{state("healthy"), state("initial"), state("draining"), {}}); n != [2]int{1, 2} {
		t.Error(n)
	}
}

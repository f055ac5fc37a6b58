package autoscaling

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	api "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/intact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	home      = arn.Scope{Account: "000000000000", Region: "eu-west-1"}
	web       = aws.String("service/c/web")
	namespace = types.ServiceNamespaceEcs
	dimension = types.ScalableDimensionECSServiceDesiredCount
	now       = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
)

// world is the service behind the real front door; two ECS services are there.
type world struct {
	*testing.T
	*api.Client
	store *store.Store
}

func start(t *testing.T) *world {
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	watcher := watch.New(watch.Options{Store: st, Metrics: metric.New(metric.Options{Now: clock}), Now: clock})
	scaler := scale.New(scale.Options{Store: st, Watcher: watcher, Now: clock, SetDesired: func(tx *store.Tx, svc *state.Service, n int, _ string) error {
		next := *svc
		next.Desired = n
		state.Services.Put(tx, next.Key(), &next)
		return nil
	}})
	svc := New(Options{Store: st, Scaler: scaler, Now: clock})
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	r.Add(svc.Spec(), svc)
	h := httptest.NewServer(r)
	t.Cleanup(func() { h.Close(); st.Close() })
	w := &world{T: t, store: st, Client: api.New(api.Options{
		Region: home.Region, BaseEndpoint: &h.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: intact.Client(h.Client().Transport),
	})}
	w.ok(st.Update(func(tx *store.Tx) error {
		for name, daemon := range map[string]bool{"web": false, "api": false, "agent": true} {
			x := &state.Service{Scope: home, Cluster: "c", Name: name, Status: "ACTIVE", Desired: 1, Daemon: daemon}
			state.Services.Put(tx, x.Key(), x)
		}
		return nil
	}))
	return w
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// fails wants AWS's code, and a message with a part.
func (w *world) fails(err error, code, part string) {
	w.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), part) {
		w.Errorf("error %v, want %s with %q", err, code, part)
	}
}

func (w *world) register(resource *string, low, high int32) *api.RegisterScalableTargetOutput {
	w.Helper()
	out, err := w.RegisterScalableTarget(w.Context(), &api.RegisterScalableTargetInput{
		ServiceNamespace: namespace, ResourceId: resource, ScalableDimension: dimension, MinCapacity: &low, MaxCapacity: &high,
	})
	w.ok(err)
	return out
}

func TestTargets(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	in := func(change func(*api.RegisterScalableTargetInput)) *api.RegisterScalableTargetInput {
		x := &api.RegisterScalableTargetInput{ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension, MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(4)}
		if change != nil {
			change(x)
		}
		return x
	}
	for _, c := range []struct {
		change func(*api.RegisterScalableTargetInput)
		part   string
	}{
		{func(x *api.RegisterScalableTargetInput) { x.ServiceNamespace = "ec3" }, "at 'serviceNamespace' failed to satisfy constraint: Member must satisfy enum value set: ["},
		{func(x *api.RegisterScalableTargetInput) { x.ServiceNamespace = types.ServiceNamespaceDynamodb }, "Unsupported service namespace, resource type or scalable dimension"},
		{func(x *api.RegisterScalableTargetInput) { x.ScalableDimension = "ecs:service:Count" }, "at 'scalableDimension' failed"},
		{func(x *api.RegisterScalableTargetInput) {
			x.ScalableDimension = types.ScalableDimensionDynamoDBTableReadCapacityUnits
		}, "Unsupported service namespace"},
		{func(x *api.RegisterScalableTargetInput) { x.ResourceId = aws.String("service/web") }, "Unsupported service namespace"},
		{func(x *api.RegisterScalableTargetInput) { x.ResourceId = aws.String("service/c/none") }, "ECS service doesn't exist: service/c/none"},
		{func(x *api.RegisterScalableTargetInput) { x.ResourceId = aws.String("service/c/agent") }, "DAEMON"},
		{func(x *api.RegisterScalableTargetInput) { x.MinCapacity = nil }, "must be specified"},
		{func(x *api.RegisterScalableTargetInput) { x.MinCapacity = aws.Int32(5) }, "Maximum capacity cannot be less than minimum capacity"},
		{func(x *api.RegisterScalableTargetInput) { x.MinCapacity = aws.Int32(-1) }, "at 'minCapacity' failed"},
		{func(x *api.RegisterScalableTargetInput) { x.Tags = map[string]string{"aws:x": "y"} }, "is not allowed"},
	} {
		_, err := w.RegisterScalableTarget(ctx, in(c.change))
		w.fails(err, "ValidationException", c.part)
	}
	made, err := w.RegisterScalableTarget(ctx, in(func(x *api.RegisterScalableTargetInput) { x.Tags = map[string]string{"team": "a"} }))
	w.ok(err)
	if a := *made.ScalableTargetARN; !strings.HasPrefix(a, "arn:aws:application-autoscaling:eu-west-1:000000000000:scalable-target/0ec5") {
		t.Error(a)
	}
	_, err = w.RegisterScalableTarget(ctx, &api.RegisterScalableTargetInput{
		ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension, MaxCapacity: aws.Int32(9),
		SuspendedState: &types.SuspendedState{DynamicScalingInSuspended: aws.Bool(true)},
	})
	w.ok(err)
	w.register(aws.String("service/c/api"), 0, 3)
	got, err := w.DescribeScalableTargets(ctx, &api.DescribeScalableTargetsInput{ServiceNamespace: namespace, MaxResults: aws.Int32(1)})
	w.ok(err)
	if len(got.ScalableTargets) != 1 || *got.ScalableTargets[0].ResourceId != "service/c/api" || got.NextToken == nil {
		t.Errorf("%+v", got)
	}
	got, err = w.DescribeScalableTargets(ctx, &api.DescribeScalableTargetsInput{ServiceNamespace: namespace, MaxResults: aws.Int32(1), NextToken: got.NextToken})
	w.ok(err)
	x := got.ScalableTargets[0]
	if *x.ResourceId != *web || *x.MinCapacity != 1 || *x.MaxCapacity != 9 || !*x.SuspendedState.DynamicScalingInSuspended || *x.SuspendedState.DynamicScalingOutSuspended ||
		*x.ScalableTargetARN != *made.ScalableTargetARN || !strings.HasSuffix(*x.RoleARN, "AWSServiceRoleForApplicationAutoScaling_ECSService") || got.NextToken != nil {
		t.Errorf("%+v", x)
	}
	_, err = w.DescribeScalableTargets(ctx, &api.DescribeScalableTargetsInput{ServiceNamespace: namespace, NextToken: aws.String("x")})
	w.fails(err, "InvalidNextTokenException", "")
	_, err = w.DescribeScalableTargets(ctx, &api.DescribeScalableTargetsInput{ServiceNamespace: namespace, MaxResults: aws.Int32(51)})
	w.fails(err, "ValidationException", "maxResults")
	none, err := w.DescribeScalableTargets(ctx, &api.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceDynamodb})
	w.ok(err)
	if len(none.ScalableTargets) != 0 {
		t.Errorf("%+v", none)
	}
	w.tags(made.ScalableTargetARN)
	drop := &api.DeregisterScalableTargetInput{ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension}
	_, err = w.DeregisterScalableTarget(ctx, drop)
	w.ok(err)
	_, err = w.DeregisterScalableTarget(ctx, drop)
	w.fails(err, "ObjectNotFoundException", "No scalable target found for service namespace: ecs, resource ID: service/c/web, scalable dimension: ecs:service:DesiredCount")
}

func (w *world) tags(target *string) {
	w.Helper()
	ctx := w.Context()
	_, err := w.TagResource(ctx, &api.TagResourceInput{ResourceARN: target, Tags: map[string]string{"stage": "prod"}})
	w.ok(err)
	_, err = w.UntagResource(ctx, &api.UntagResourceInput{ResourceARN: target, TagKeys: []string{"team"}})
	w.ok(err)
	got, err := w.ListTagsForResource(ctx, &api.ListTagsForResourceInput{ResourceARN: target})
	w.ok(err)
	if len(got.Tags) != 1 || got.Tags["stage"] != "prod" {
		w.Errorf("%v", got.Tags)
	}
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	_, err = w.TagResource(ctx, &api.TagResourceInput{ResourceARN: target, Tags: many})
	w.fails(err, "TooManyTagsException", "50")
	_, err = w.ListTagsForResource(ctx, &api.ListTagsForResourceInput{ResourceARN: aws.String(*target + "0")})
	w.fails(err, "ResourceNotFoundException", "")
}

func TestScheduled(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	in := func(change func(*api.PutScheduledActionInput)) *api.PutScheduledActionInput {
		x := &api.PutScheduledActionInput{
			ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension, ScheduledActionName: aws.String("night"),
			Schedule: aws.String("cron(0 22 * * ? *)"), Timezone: aws.String("Europe/Berlin"), ScalableTargetAction: &types.ScalableTargetAction{MaxCapacity: aws.Int32(1)},
		}
		if change != nil {
			change(x)
		}
		return x
	}
	_, err := w.PutScheduledAction(ctx, in(nil))
	w.fails(err, "ObjectNotFoundException", "No scalable target registered for service namespace: ecs, resource ID: service/c/web, scalable dimension: ecs:service:DesiredCount")
	w.register(web, 1, 4)
	for _, c := range []struct {
		change func(*api.PutScheduledActionInput)
		part   string
	}{
		{func(x *api.PutScheduledActionInput) { x.ScheduledActionName = aws.String("a/b") }, "scheduledActionName"},
		{func(x *api.PutScheduledActionInput) { x.Schedule = nil }, "Schedule must be specified"},
		{func(x *api.PutScheduledActionInput) { x.Schedule = aws.String("cron(0 22 * * * *)") }, "The schedule expression"},
		{func(x *api.PutScheduledActionInput) { x.Schedule = aws.String("at(2026-11-20T12:59:00)") }, "is in the past"},
		{func(x *api.PutScheduledActionInput) { x.Timezone = aws.String("Mars/Olympus") }, "time zone"},
		{func(x *api.PutScheduledActionInput) { x.ScalableTargetAction = nil }, "ScalableTargetAction must be specified"},
		{func(x *api.PutScheduledActionInput) { x.ScalableTargetAction.MinCapacity = aws.Int32(2) }, "Maximum capacity cannot be less"},
		{func(x *api.PutScheduledActionInput) { x.StartTime, x.EndTime = aws.Time(now), aws.Time(now) }, "must be before its end"},
	} {
		_, err := w.PutScheduledAction(ctx, in(c.change))
		w.fails(err, "ValidationException", c.part)
	}
	_, err = w.PutScheduledAction(ctx, in(func(x *api.PutScheduledActionInput) { x.EndTime = aws.Time(now.Add(time.Hour)) }))
	w.ok(err)
	_, err = w.PutScheduledAction(ctx, &api.PutScheduledActionInput{
		ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension, ScheduledActionName: aws.String("night"), Schedule: aws.String("at(2026-11-20T13:01:00)"),
	})
	w.ok(err)
	got, err := w.DescribeScheduledActions(ctx, &api.DescribeScheduledActionsInput{ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension, ScheduledActionNames: []string{"night"}})
	w.ok(err)
	a := got.ScheduledActions[0]
	if *a.Schedule != "at(2026-11-20T13:01:00)" || *a.Timezone != "Europe/Berlin" || *a.ScalableTargetAction.MaxCapacity != 1 || a.ScalableTargetAction.MinCapacity != nil || a.EndTime != nil ||
		!strings.HasSuffix(*a.ScheduledActionARN, ":resource/ecs/service/c/web:scheduledActionName/night") {
		t.Errorf("%+v", a)
	}
	drop := &api.DeleteScheduledActionInput{ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension, ScheduledActionName: aws.String("night")}
	_, err = w.DeleteScheduledAction(ctx, drop)
	w.ok(err)
	_, err = w.DeleteScheduledAction(ctx, drop)
	w.fails(err, "ObjectNotFoundException", "No scheduled action")
}

func TestActivities(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	w.register(web, 2, 4)
	w.register(web, 3, 4)
	one := aws.Int32(1)
	got, err := w.DescribeScalingActivities(ctx, &api.DescribeScalingActivitiesInput{ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension, MaxResults: one})
	w.ok(err)
	next, err := w.DescribeScalingActivities(ctx, &api.DescribeScalingActivitiesInput{ServiceNamespace: namespace, MaxResults: one, NextToken: got.NextToken})
	w.ok(err)
	a, b := got.ScalingActivities[0], next.ScalingActivities[0]
	if *a.Description != "Setting desired count to 3." || *a.Cause != "minimum capacity was set to 3" || a.StatusCode != types.ScalingActivityStatusCodeInProgress || a.EndTime != nil ||
		*b.Description != "Setting desired count to 2." || b.StatusCode != types.ScalingActivityStatusCodeOverridden || b.EndTime == nil || next.NextToken != nil {
		t.Errorf("%+v\n%+v", a, b)
	}
}

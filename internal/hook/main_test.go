package hook

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var scope = arn.Scope{Account: "123456789012", Region: "eu-west-1"}

// world is a store with one service in the middle of a deployment, and Hooks.
type world struct {
	t    testing.TB
	dir  string
	opts Options
	st   *store.Store
	h    *Hooks
}

func newWorld(t testing.TB, change func(*Options)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), opts: Options{Minute: 60 * time.Millisecond, Timeout: 5 * time.Minute, Key: []byte("0123456789abcdef0123456789abcdef")}}
	if change != nil {
		change(&w.opts)
	}
	w.open()
	w.update(w.fill)
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.st, err = store.Open(filepath.Join(w.dir, "state.db"), store.Options{}); err != nil {
		w.t.Fatal(err)
	}
	w.opts.Store = w.st
	w.h = New(w.opts)
}

func (w *world) close() {
	w.h.Close()
	w.st.Close()
}

func (w *world) update(fn func(tx *store.Tx)) {
	w.t.Helper()
	if err := w.st.Update(func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fill(tx *store.Tx) {
	for n, name := range []string{"app", "migrations"} {
		td := &state.TaskDefinition{Scope: scope, Family: name, Revision: 7, Tags: []ecs.Tag{{Key: aws.String("of"), Value: aws.String(name)}}}
		td.Def.V = ecs.TaskDefinition{
			TaskDefinitionArn: aws.String(scope.TaskDefinition(name, 7)), NetworkMode: ecs.NetworkModeAwsvpc, Status: ecs.TaskDefinitionStatusActive,
			ContainerDefinitions: []ecs.ContainerDefinition{
				{Name: aws.String("side"), Image: aws.String("side"), Essential: aws.Bool(false)},
				{Name: aws.String("main"), Image: aws.String(name), Essential: aws.Bool(true)},
			},
		}
		state.TaskDefinitions.Put(tx, td.Key(), td)
		state.Families.Put(tx, scope.Key(name), &state.Family{Scope: scope, Name: name, Last: 8 + n})
	}
	svc := &state.Service{Scope: scope, Cluster: "c", Name: "s", Status: "ACTIVE"}
	svc.Body.V.PropagateTags, svc.Body.V.EnableECSManagedTags = ecs.PropagateTagsTaskDefinition, true
	state.Services.Put(tx, svc.Key(), svc)
	rev := &state.Revision{Scope: scope, Cluster: "c", Service: "s", N: "222"}
	rev.Body.V = ecs.ServiceRevision{
		TaskDefinition: aws.String(scope.TaskDefinition("app", 7)), LaunchType: ecs.LaunchTypeFargate,
		NetworkConfiguration: &ecs.NetworkConfiguration{AwsvpcConfiguration: &ecs.AwsVpcConfiguration{Subnets: []string{"subnet-1", "subnet-2"}}},
	}
	state.Revisions.Put(tx, rev.Key(), rev)
	d := w.deployment()
	state.Deployments.Put(tx, d.Key(), d)
}

func (w *world) deployment() *state.Deployment {
	return &state.Deployment{
		Scope: scope, Cluster: "c", Service: "s", ID: "Dep1", Created: time.Now(),
		Machine: deploy.Deployment{ID: "Dep1", Service: "s", Strategy: deploy.Canary, Status: deploy.InProgress, Target: "222"},
	}
}

// enter makes the deployment wait for a hook's first call, as the engine does
// before it makes the call.
func (w *world) enter(target, details string, change func(*deploy.InvokeHook)) Call {
	w.t.Helper()
	in := deploy.InvokeHook{
		ID: "Dep1/POST_SCALE_UP/0/hook-0/1", Target: "222",
		Hook: deploy.Hook{
			ID: "ecs-lambda-1", Type: deploy.Lambda, Stage: deploy.PostScaleUp, Execution: "a635edb5-a66b-4f44-bf3f-fcee4b3641a5",
			Status: deploy.HookInProgress, Call: 1, ExpiresAt: time.Now().Add(time.Hour),
		},
		Config: deploy.HookConfig{Type: deploy.Lambda, Target: target, Stages: []deploy.Stage{deploy.PostScaleUp}},
	}
	if details != "" {
		in.Config.Details, in.Hook.Details = json.RawMessage(details), json.RawMessage(details)
	}
	if change != nil {
		change(&in)
	}
	d := w.deployment()
	d.Machine.Stage, d.Machine.Hooks = in.Hook.Stage, []deploy.Hook{in.Hook}
	w.update(func(tx *store.Tx) { state.Deployments.Put(tx, d.Key(), d) })
	return Call{Deployment: d, Invoke: in}
}

// machine changes the deployment's machine, as the engine does.
func (w *world) machine(change func(*deploy.Deployment)) {
	w.t.Helper()
	w.update(func(tx *store.Tx) {
		d, _ := state.Deployments.Get(tx, w.deployment().Key())
		next := *d
		next.Machine = *d.Machine.Clone()
		change(&next.Machine)
		state.Deployments.Put(tx, next.Key(), &next)
	})
}

// await waits for a condition.
func await(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(5 * time.Minute)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

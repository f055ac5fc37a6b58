package ecs

import (
	"context"
	"errors"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/engine"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/fake"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/boto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var home = arn.Scope{Account: "000000000000", Region: "us-east-1"}

// world is the service over a store of its own.
type world struct {
	testing.TB
	st   *store.Store
	file string // of the store
	s    *Service
	ctx  context.Context
}

// minute is what a minute lasts in these tests.
const minute = 3 * time.Second

func newWorld(t testing.TB) *world {
	t.Helper()
	file := filepath.Join(t.TempDir(), "state.db")
	st, err := store.Open(file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w := &world{TB: t, st: st, file: file}
	w.s = New(Options{Store: st, Minute: minute, Machine: Machine{InstanceID: "i-0123456789abcdef0", CPUs: 2, MemoryMiB: 4096, Version: "1"}})
	w.ctx = wire.WithCaller(context.Background(), wire.Caller{Account: home.Account, Region: home.Region, ARN: "arn:aws:iam::000000000000:root"})
	w.groups()
	return w
}

// reopen closes the store and opens it again, as after a restart.
func (w *world) reopen() {
	w.Helper()
	if err := w.st.Close(); err != nil {
		w.Fatal(err)
	}
	st, err := store.Open(w.file, store.Options{})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { st.Close() })
	w.st, w.s.o.Store = st, st
}

// groups makes target groups: "tg-ip" and "tg-instance" are used by a load
// balancer, "tg-alone" by none.
func (w *world) groups() {
	if err := w.st.Update(func(tx *store.Tx) error {
		for name, kind := range map[string]string{"tg-ip": "ip", "tg-instance": "instance", "tg-alone": "ip"} {
			elb.PutGroup(tx, &elb.TargetGroup{ARN: groupARN(name), Name: name, Protocol: "HTTP", Port: 80, TargetType: kind})
			if name == "tg-alone" {
				continue
			}
			r := &elb.Rule{ARN: arn.Make(elb.Service, home.Region, home.Account, "listener-rule/app/lb/1/2/"+name)}
			r.Actions.V = []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: ptr(groupARN(name))}}
			elb.PutRule(tx, r)
		}
		return nil
	}); err != nil {
		w.Fatal(err)
	}
}

func groupARN(name string) string {
	return arn.Make(elb.Service, home.Region, home.Account, "targetgroup/"+name+"/0123456789abcdef")
}

// run starts an engine on the scripted runtime: tasks of an image whose name
// contains "bad" never start, others are healthy at once.
func (w *world) run() {
	w.Helper()
	driver := fake.New(fake.Options{Digest: "sha256:" + strings.Repeat("a", 64), Script: func(s runtime.Spec) fake.Script {
		if strings.Contains(s.Containers[0].Image, "bad") {
			return fake.Script{Fail: "CannotPullContainerError: no such image"}
		}
		return fake.Script{Health: runtime.HealthHealthy}
	}})
	e, err := engine.New(engine.Options{Store: w.st, Driver: driver, Minute: minute, MinRunning: time.Millisecond})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := e.Run(ctx); err != nil {
			w.Error(err)
		}
	})
	w.Cleanup(func() {
		cancel()
		wg.Wait()
		driver.Close()
	})
}

// serve puts the service behind the real front door.
func (w *world) serve() string {
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	r.Add(w.s.Spec(), w.s)
	h := httptest.NewServer(r)
	w.Cleanup(h.Close)
	return h.URL
}

// python runs a script of testdata against an endpoint.
func python(t *testing.T, script, endpoint string) {
	t.Helper()
	python3 := boto.Python(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python3, filepath.Join("testdata", script), endpoint, groupARN("tg-ip"))
	cmd.Env = append(cmd.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// must returns the answer of an operation that works.
func must[T any](w *world, out T, err error) T {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// refused checks code and text of an error; both empty means no error.
func refused(t testing.TB, err error, code, message string) {
	t.Helper()
	if code == "" && err == nil {
		return
	}
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, message) {
		t.Errorf("got %v, want %s: %s", err, code, message)
	}
}

// cluster makes the default cluster.
func (w *world) cluster() {
	w.Helper()
	_, err := w.s.CreateCluster(w.ctx, &sdk.CreateClusterInput{})
	must(w, 0, err)
}

// define registers a definition for Fargate, or for EC2 with bridge networking.
func (w *world) define(family string, change ...func(*sdk.RegisterTaskDefinitionInput)) string {
	w.Helper()
	in := &sdk.RegisterTaskDefinitionInput{
		Family: &family, NetworkMode: types.NetworkModeAwsvpc, Cpu: ptr("256"), Memory: ptr("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: ptr("app"), Image: ptr(family + ":1"), PortMappings: []types.PortMapping{{ContainerPort: ptr[int32](80)}},
			HealthCheck: &types.HealthCheck{Command: []string{"CMD", "true"}},
		}},
	}
	for _, f := range change {
		f(in)
	}
	out, err := w.s.RegisterTaskDefinition(w.ctx, in)
	must(w, 0, err)
	return *out.TaskDefinition.TaskDefinitionArn
}

// bridge makes a definition one for EC2.
func bridge(in *sdk.RegisterTaskDefinitionInput) {
	in.NetworkMode, in.Cpu, in.Memory, in.RequiresCompatibilities = "", nil, nil, nil
	in.ContainerDefinitions[0].Memory = ptr[int32](64)
}

// web is a request for a service.
func web(definition string, change ...func(*sdk.CreateServiceInput)) *sdk.CreateServiceInput {
	in := &sdk.CreateServiceInput{
		ServiceName: ptr("web"), TaskDefinition: &definition, DesiredCount: ptr[int32](2), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	}
	for _, f := range change {
		f(in)
	}
	return in
}

func (w *world) create(in *sdk.CreateServiceInput) *types.Service {
	w.Helper()
	out, err := w.s.CreateService(w.ctx, in)
	return must(w, out, err).Service
}

func (w *world) describe(name string) types.Service {
	w.Helper()
	out, err := w.s.DescribeServices(w.ctx, &sdk.DescribeServicesInput{Services: []string{name}, Include: []types.ServiceField{types.ServiceFieldTags}})
	must(w, out, err)
	if len(out.Services) != 1 {
		w.Fatalf("no service %s", name)
	}
	return out.Services[0]
}

// await waits until a described service looks as it should.
func (w *world) await(name, what string, ok func(s types.Service) bool) types.Service {
	w.Helper()
	limit := time.After(5 * time.Minute)
	for {
		s := w.describe(name)
		if ok(s) {
			return s
		}
		select {
		case <-limit:
			for _, e := range s.Events {
				w.Log(aws.ToString(e.Message))
			}
			w.Fatalf("never: %s; deployments %+v", what, s.Deployments)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// stable is what the waiter services_stable looks for, and completed.
func stable(s types.Service) bool {
	return len(s.Deployments) == 1 && s.RunningCount == s.DesiredCount && s.Deployments[0].RolloutState == types.DeploymentRolloutStateCompleted
}

package ecs

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// image replaces the image of a definition.
func image(name string) func(*sdk.RegisterTaskDefinitionInput) {
	return func(in *sdk.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Image = &name }
}

// shape is what shows in deployments[]: status, rollout state, definition.
func shape(s types.Service) string {
	var parts []string
	for _, d := range s.Deployments {
		parts = append(parts, *d.Status+" "+string(d.RolloutState)+" "+(*d.TaskDefinition)[strings.LastIndexByte(*d.TaskDefinition, '/')+1:])
	}
	return strings.Join(parts, ", ")
}

// TestRollingUpdate follows what an observer sees of an update.
func TestRollingUpdate(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.cluster()
	w.define("web")
	w.define("web")
	w.create(web("web:1"))
	w.await("web", "stable", stable)
	out, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{Service: ptr("web"), TaskDefinition: ptr("web:2")})
	after := must(w, out, err).Service
	if got := shape(*after); got != "PRIMARY IN_PROGRESS web:2, ACTIVE COMPLETED web:1" || after.Deployments[0].DesiredCount != 0 || after.Deployments[1].RunningCount != 2 {
		t.Errorf("right after UpdateService: %s, %+v", got, after.Deployments)
	}
	sd := *after.CurrentServiceDeployment
	s := w.await("web", "stable", stable)
	if got := shape(s); got != "PRIMARY COMPLETED web:2" || s.CurrentServiceDeployment != nil {
		t.Errorf("at the end: %s", got)
	}
	d, err := w.s.DescribeServiceDeployments(w.ctx, &sdk.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{sd}})
	x := must(w, d, err).ServiceDeployments[0]
	if x.Status != "SUCCESSFUL" || x.FinishedAt == nil || x.TargetServiceRevision.RunningTaskCount != 2 || len(x.SourceServiceRevisions) != 1 || x.LifecycleStage != "" {
		t.Errorf("service deployment %+v", x)
	}
	_, err = w.s.StopServiceDeployment(w.ctx, &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: &sd})
	refused(t, err, "ConflictException", "cannot be stopped")
	_, err = w.s.ContinueServiceDeployment(w.ctx, &sdk.ContinueServiceDeploymentInput{ServiceDeploymentArn: &sd, HookId: ptr("ecs-pause-x")})
	refused(t, err, "InvalidParameterException", "terminal states")
}

// TestFailedUpdateShowsTheOldRevision: after a rollback the service has the
// settings of the revision that runs, and the failed definition can be tried again.
func TestFailedUpdateShowsTheOldRevision(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.cluster()
	w.define("web")
	w.define("web", image("bad"))
	breaker := &types.DeploymentCircuitBreaker{Enable: true, Rollback: true}
	w.create(web("web:1", config(types.DeploymentConfiguration{DeploymentCircuitBreaker: breaker})))
	first := w.await("web", "stable", stable)
	update := func() string {
		out, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{
			Service: ptr("web"), TaskDefinition: ptr("web:2"),
			NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-9"}}},
		})
		return *must(w, out, err).Service.CurrentServiceDeployment
	}
	sd := update()
	s := w.await("web", "rolled back", func(s types.Service) bool { return s.CurrentServiceDeployment == nil && stable(s) })
	if *s.Deployments[0].Id != *first.Deployments[0].Id || !strings.HasSuffix(*s.TaskDefinition, "web:1") {
		t.Errorf("PRIMARY is %s of %s", shape(s), *s.TaskDefinition)
	}
	if got := s.NetworkConfiguration.AwsvpcConfiguration.Subnets[0]; got != "subnet-1" {
		t.Errorf("the service shows %s of the failed revision", got)
	}
	d, err := w.s.DescribeServiceDeployments(w.ctx, &sdk.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{sd}})
	x := must(w, d, err).ServiceDeployments[0]
	if x.Status != "ROLLBACK_SUCCESSFUL" || x.Rollback == nil || *x.Rollback.ServiceRevisionArn != *s.CurrentServiceRevisions[0].Arn ||
		x.DeploymentCircuitBreaker.Status != "TRIGGERED" || x.DeploymentCircuitBreaker.Threshold != 3 {
		t.Errorf("service deployment %+v %+v", x, x.DeploymentCircuitBreaker)
	}
	if again := update(); again == sd {
		t.Error("the failed definition could not be tried again")
	}
}

// TestUpdatesInARow: each newer deployment ends the former, though the engine may
// not have seen it.
func TestUpdatesInARow(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	for range 4 {
		w.define("web")
	}
	w.create(web("web:1"))
	for _, td := range []string{"web:2", "web:3", "web:4"} {
		_, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{Service: ptr("web"), TaskDefinition: &td})
		must(w, 0, err)
	}
	w.run()
	s := w.await("web", "stable", stable)
	if shape(s) != "PRIMARY COMPLETED web:4" {
		t.Errorf("at the end: %s", shape(s))
	}
	out, err := w.s.ListServiceDeployments(w.ctx, &sdk.ListServiceDeploymentsInput{Service: ptr("web")})
	var got []types.ServiceDeploymentStatus
	for _, d := range must(w, out, err).ServiceDeployments {
		got = append(got, d.Status)
	}
	if want := []types.ServiceDeploymentStatus{"SUCCESSFUL", "STOPPED", "STOPPED", "STOPPED"}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	none, err := w.s.ListServiceDeployments(w.ctx, &sdk.ListServiceDeploymentsInput{Service: ptr("web"), Status: []types.ServiceDeploymentStatus{"IN_PROGRESS"}})
	if n := len(must(w, none, err).ServiceDeployments); n != 0 {
		t.Errorf("%d deployments in progress", n)
	}
}

// TestStopServiceDeployment rolls back a deployment that cannot succeed.
func TestStopServiceDeployment(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.cluster()
	w.define("web")
	w.define("web", image("bad"))
	w.create(web("web:1"))
	w.await("web", "stable", stable)
	out, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{Service: ptr("web"), TaskDefinition: ptr("web:2")})
	sd := must(w, out, err).Service.CurrentServiceDeployment
	_, err = w.s.StopServiceDeployment(w.ctx, &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: sd})
	must(w, 0, err)
	// The second call changes nothing, or comes too late.
	if _, err = w.s.StopServiceDeployment(w.ctx, &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: sd}); err != nil {
		refused(t, err, "ConflictException", "The service deployment is ROLLBACK_SUCCESSFUL and cannot be stopped.")
	}
	s := w.await("web", "rolled back", func(s types.Service) bool { return s.CurrentServiceDeployment == nil && stable(s) })
	if shape(s) != "PRIMARY COMPLETED web:1" {
		t.Errorf("at the end: %s", shape(s))
	}
	_, err = w.s.StopServiceDeployment(w.ctx, &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: aws.String(*sd + "x")})
	refused(t, err, "ServiceDeploymentNotFoundException", "The service deployment does not exist.")
}

// TestNameIsFreeAgain: an INACTIVE service gives its name away, and its history
// goes with it.
func TestNameIsFreeAgain(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.cluster()
	w.define("web")
	w.create(web("web"))
	w.await("web", "stable", stable)
	_, err := w.s.DeleteService(w.ctx, &sdk.DeleteServiceInput{Service: ptr("web"), Force: ptr(true)})
	must(w, 0, err)
	w.await("web", "INACTIVE", func(s types.Service) bool { return *s.Status == "INACTIVE" && len(s.Deployments) == 0 })
	_, err = w.s.DeleteCluster(w.ctx, &sdk.DeleteClusterInput{Cluster: ptr("default")})
	must(w, 0, err)
	w.cluster()
	w.create(web("web"))
	w.await("web", "stable", stable)
	out, err := w.s.ListServiceDeployments(w.ctx, &sdk.ListServiceDeploymentsInput{Service: ptr("web")})
	if n := len(must(w, out, err).ServiceDeployments); n != 1 {
		t.Errorf("%d deployments of the new service", n)
	}
}

// TestRunTaskWithASubnetFinderThatWrites: what New is given is never called inside a
// transaction that would wait for itself.
func TestRunTaskWithASubnetFinderThatWrites(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("job")
	table := settings
	w.s.o.Subnet = func(_ arn.Scope, id string) (string, string, bool) {
		err := w.st.Update(func(tx *store.Tx) error { table.Put(tx, "seen/"+id, &setting{}); return nil })
		return "us-east-1c", "vpc-1", err == nil
	}
	out, err := w.s.RunTask(w.ctx, &sdk.RunTaskInput{
		TaskDefinition: ptr("job"), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	})
	if got := *must(w, out, err).Tasks[0].AvailabilityZone; got != "us-east-1c" {
		t.Errorf("zone %s", got)
	}
}

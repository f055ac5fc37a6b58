package ecs

import (
	"math"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// lb is a load balancer block on the group of a name.
func lb(group string) []types.LoadBalancer {
	return []types.LoadBalancer{{TargetGroupArn: ptr(groupARN(group)), ContainerName: ptr("app"), ContainerPort: ptr[int32](80)}}
}

func config(c types.DeploymentConfiguration) func(*sdk.CreateServiceInput) {
	return func(in *sdk.CreateServiceInput) { in.DeploymentConfiguration = &c }
}

func TestCreateServiceRefuses(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	fargate, ec2 := w.define("web"), w.define("old", bridge)
	efs := w.define("efs", func(in *sdk.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: ptr("v"), EfsVolumeConfiguration: &types.EFSVolumeConfiguration{FileSystemId: ptr("fs-1")}}}
	})
	type input = sdk.CreateServiceInput
	type dc = types.DeploymentConfiguration
	tests := []struct {
		name          string
		change        func(*input)
		code, message string
	}{
		{"no name", func(in *input) { in.ServiceName = nil }, "InvalidParameterException", "service name"},
		{"odd name", func(in *input) { in.ServiceName = ptr("a/b") }, "InvalidParameterException", "service name"},
		{"no definition", func(in *input) { in.TaskDefinition = nil }, "InvalidParameterException", "TaskDefinition can not be blank."},
		{"unknown definition", func(in *input) { in.TaskDefinition = ptr("nobody") }, "ClientException", "TaskDefinition not found."},
		{"unknown cluster", func(in *input) { in.Cluster = ptr("nowhere") }, "ClusterNotFoundException", "Cluster not found."},
		{"no count", func(in *input) { in.DesiredCount = nil }, "InvalidParameterException", "Desired count is required"},
		{"negative count", func(in *input) { in.DesiredCount = ptr[int32](-1) }, "InvalidParameterException", "between 0 and 5000"},
		{"too many", func(in *input) { in.DesiredCount = ptr[int32](5001) }, "InvalidParameterException", "between 0 and 5000"},
		{"daemon with count", func(in *input) { in.SchedulingStrategy = types.SchedulingStrategyDaemon }, "InvalidParameterException", "DAEMON"},
		{"daemon on fargate", func(in *input) { in.SchedulingStrategy, in.DesiredCount = types.SchedulingStrategyDaemon, nil }, "InvalidParameterException", "not supported on Fargate"},
		{"no network", func(in *input) { in.NetworkConfiguration = nil }, "InvalidParameterException", "Network Configuration must be provided when networkMode 'awsvpc' is specified."},
		{"no subnets", func(in *input) { in.NetworkConfiguration.AwsvpcConfiguration.Subnets = nil }, "InvalidParameterException", "subnets"},
		{"public ip", func(in *input) { in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = "MAYBE" }, "InvalidParameterException", "assignPublicIp"},
		{"network in bridge mode", func(in *input) { in.TaskDefinition, in.LaunchType = &ec2, types.LaunchTypeEc2 }, "InvalidParameterException", "Network Configuration is not valid for the given networkMode"},
		{"bridge on fargate", func(in *input) { in.TaskDefinition = &ec2 }, "InvalidParameterException", "Task definition does not support launch_type FARGATE."},
		{"launch type and strategy", func(in *input) {
			in.CapacityProviderStrategy = []types.CapacityProviderStrategyItem{{CapacityProvider: ptr("FARGATE"), Weight: 1}}
		}, "InvalidParameterException", "both a launch type and capacity provider strategy"},
		{"strategy not of the cluster", func(in *input) {
			in.LaunchType, in.CapacityProviderStrategy = "", []types.CapacityProviderStrategyItem{{CapacityProvider: ptr("FARGATE"), Weight: 1}}
		}, "InvalidParameterException", "not associated with the cluster"},
		{"external", func(in *input) { in.LaunchType = types.LaunchTypeExternal }, "UnsupportedFeatureException", "EXTERNAL"},
		{"odd launch type", func(in *input) { in.LaunchType = "MOON" }, "InvalidParameterException", "Invalid launchType 'MOON'"},
		{"platform", func(in *input) { in.PlatformVersion = ptr("9.9.9") }, "PlatformUnknownException", "9.9.9"},
		{"platform on EC2", func(in *input) { in.LaunchType, in.PlatformVersion = types.LaunchTypeEc2, ptr("LATEST") }, "InvalidParameterException", "platform version must be null"},
		{"token", func(in *input) { in.ClientToken = ptr("a b") }, "InvalidParameterException", "clientToken"},
		{"reserved tag", func(in *input) { in.Tags = []types.Tag{{Key: ptr("aws:x")}} }, "InvalidParameterException", "aws:"},
		{"max and min 100", config(dc{MaximumPercent: ptr[int32](100)}), "InvalidParameterException", "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."},
		{"max below 100", config(dc{MaximumPercent: ptr[int32](99)}), "InvalidParameterException", "maximumPercent"},
		{"min above 100", config(dc{MinimumHealthyPercent: ptr[int32](101)}), "InvalidParameterException", "minimumHealthyPercent"},
		{"odd strategy", config(dc{Strategy: "BIG_BANG"}), "InvalidParameterException", "Invalid deploymentConfiguration.strategy 'BIG_BANG'"},
		{"bake time", config(dc{BakeTimeInMinutes: ptr[int32](1441)}), "InvalidParameterException", "bakeTimeInMinutes"},
		{"blue green daemon", func(in *input) {
			in.SchedulingStrategy, in.DesiredCount, in.DeploymentConfiguration = types.SchedulingStrategyDaemon, nil, &dc{Strategy: types.DeploymentStrategyBlueGreen}
			in.TaskDefinition, in.LaunchType, in.NetworkConfiguration = &ec2, types.LaunchTypeEc2, nil
		}, "InvalidParameterException", "BLUE_GREEN is not supported with the scheduling strategy DAEMON"},
		{"canary percent", config(dc{Strategy: types.DeploymentStrategyCanary, CanaryConfiguration: &types.CanaryConfiguration{CanaryPercent: ptr(0.05)}}), "InvalidParameterException", "canaryPercent"},
		{"canary percent not a number", config(dc{Strategy: types.DeploymentStrategyCanary, CanaryConfiguration: &types.CanaryConfiguration{CanaryPercent: ptr(math.NaN())}}), "InvalidParameterException", "canaryPercent"},
		{"linear percent", config(dc{Strategy: types.DeploymentStrategyLinear, LinearConfiguration: &types.LinearConfiguration{StepPercent: ptr(2.9)}}), "InvalidParameterException", "stepPercent"},
		{"blue green needs advanced", func(in *input) {
			in.LoadBalancers, in.DeploymentConfiguration = lb("tg-ip"), &dc{Strategy: types.DeploymentStrategyBlueGreen}
		}, "InvalidParameterException", "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy"},
		{"breaker value", config(dc{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{ThresholdConfiguration: &types.ThresholdConfiguration{Value: 101}}}), "InvalidParameterException", "thresholdConfiguration.value"},
		{"breaker type", config(dc{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{ThresholdConfiguration: &types.ThresholdConfiguration{Type: "SOME", Value: 1}}}), "InvalidParameterException", "thresholdConfiguration.type"},
		{"early without percent", config(dc{EarlySuccessCriteria: &types.DeploymentEarlySuccessCriteria{Enable: true}}), "InvalidParameterException", "requires healthyPercent"},
		{"alarms", config(dc{Alarms: &types.DeploymentAlarms{Enable: true, AlarmNames: []string{"a"}}}), "InvalidParameterException", "The alarm a does not exist."},
		{"alarms without names", config(dc{Alarms: &types.DeploymentAlarms{Enable: true}}), "InvalidParameterException", "alarmNames"},
		{"hook type", config(dc{LifecycleHooks: []types.DeploymentLifecycleHook{{TargetType: "EMAIL"}}}), "InvalidParameterException", "Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE"},
		{"pause in a shift", config(dc{LifecycleHooks: []types.DeploymentLifecycleHook{{TargetType: "PAUSE", LifecycleStages: []types.DeploymentLifecycleHookStage{"TEST_TRAFFIC_SHIFT"}}}}), "InvalidParameterException", "Invalid lifecycle stage provided for Pause Hook"},
		{"code deploy", func(in *input) {
			in.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeCodeDeploy}
		}, "UnsupportedFeatureException", "CODE_DEPLOY"},
		{"service connect", func(in *input) { in.ServiceConnectConfiguration = &types.ServiceConnectConfiguration{Enabled: true} }, "InvalidParameterException", "requires a namespace"},
		{"registries", func(in *input) { in.ServiceRegistries = make([]types.ServiceRegistry, 2) }, "InvalidParameterException", "at most 1 service registry"},
		{"lattice", func(in *input) { in.VpcLatticeConfigurations = []types.VpcLatticeConfiguration{{}} }, "UnsupportedFeatureException", "vpcLatticeConfigurations"},
		{"volumes", func(in *input) { in.VolumeConfigurations = []types.ServiceVolumeConfiguration{{}} }, "UnsupportedFeatureException", "volumeConfigurations"},
		{"efs", func(in *input) { in.TaskDefinition = &efs }, "UnsupportedFeatureException", "efsVolumeConfiguration"},
		{"placement", func(in *input) {
			in.PlacementConstraints = []types.PlacementConstraint{{Type: types.PlacementConstraintTypeDistinctInstance}}
		}, "UnsupportedFeatureException", "placementConstraints"},
		{"grace period", func(in *input) { in.HealthCheckGracePeriodSeconds = ptr[int32](-1) }, "InvalidParameterException", "healthCheckGracePeriodSeconds"},
		{"group alone", func(in *input) { in.LoadBalancers = lb("tg-alone") }, "InvalidParameterException", "The target group with targetGroupArn " + groupARN("tg-alone") + " does not have an associated load balancer."},
		{"unknown group", func(in *input) { in.LoadBalancers = lb("tg-none") }, "InvalidParameterException", "target groups not found"},
		{"group of instances", func(in *input) { in.LoadBalancers = lb("tg-instance") }, "InvalidParameterException", "has target type instance, which is incompatible with the awsvpc network mode"},
		{"group twice", func(in *input) { in.LoadBalancers = append(lb("tg-ip"), lb("tg-ip")...) }, "InvalidParameterException", "Duplicate targetGroupArn found: " + groupARN("tg-ip")},
		{"unknown container", func(in *input) { in.LoadBalancers = lb("tg-ip"); in.LoadBalancers[0].ContainerName = ptr("x") }, "InvalidParameterException", "The container x does not exist in the task definition."},
		{"unknown port", func(in *input) {
			in.LoadBalancers = lb("tg-ip")
			in.LoadBalancers[0].ContainerPort = ptr[int32](81)
		}, "InvalidParameterException", "The container app did not have a container port 81 defined."},
		{"odd rule", func(in *input) {
			in.LoadBalancers = lb("tg-ip")
			in.LoadBalancers[0].AdvancedConfiguration = &types.AdvancedConfiguration{ProductionListenerRule: ptr("x")}
		}, "InvalidParameterException", "productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.s.CreateService(w.ctx, web(fargate, tt.change))
			refused(t, err, tt.code, tt.message)
		})
	}
	if out, err := w.s.ListServices(w.ctx, &sdk.ListServicesInput{}); err != nil || len(out.ServiceArns) != 0 {
		t.Errorf("a refused service is there: %v %v", out.ServiceArns, err)
	}
}

// TestCreateServiceAnswer checks what is shown before the engine has done
// anything.
func TestCreateServiceAnswer(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	td := w.define("web")
	s := w.create(web("web", func(in *sdk.CreateServiceInput) {
		in.LoadBalancers, in.Tags = lb("tg-ip"), []types.Tag{{Key: ptr("k"), Value: ptr("v")}}
	}))
	c := s.DeploymentConfiguration
	if *s.TaskDefinition != td || *s.Status != "ACTIVE" || s.DesiredCount != 2 || len(s.Tags) != 1 || *s.PlatformVersion != "LATEST" || *s.PlatformFamily != "Linux" {
		t.Errorf("service %+v", s)
	}
	if *c.MaximumPercent != 200 || *c.MinimumHealthyPercent != 100 || c.Strategy != "ROLLING" || *c.BakeTimeInMinutes != 0 || !*c.DeploymentCircuitBreaker.ResetOnHealthyTask {
		t.Errorf("configuration %+v", c)
	}
	if *s.HealthCheckGracePeriodSeconds != 0 || s.RoleArn == nil || s.PropagateTags != "NONE" || s.AvailabilityZoneRebalancing != "ENABLED" {
		t.Errorf("defaults %+v", s)
	}
	if len(s.Deployments) != 1 {
		t.Fatalf("%d deployments", len(s.Deployments))
	}
	d := s.Deployments[0]
	if *d.Status != "PRIMARY" || d.RolloutState != "IN_PROGRESS" || d.DesiredCount != 0 || *d.PlatformVersion != "1.4.0" ||
		*d.RolloutStateReason != "ECS deployment "+*d.Id+" in progress." {
		t.Errorf("deployment %+v", d)
	}
	rev := s.CurrentServiceRevisions[0]
	if "ecs-svc/"+(*rev.Arn)[len(*rev.Arn)-19:] != *d.Id || rev.RequestedTaskCount != 2 {
		t.Errorf("revision %s and deployment %s", *rev.Arn, *d.Id)
	}
	revs, err := w.s.DescribeServiceRevisions(w.ctx, &sdk.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*rev.Arn, *rev.Arn + "0"}})
	must(w, 0, err)
	if len(revs.ServiceRevisions) != 1 || len(revs.Failures) != 1 || *revs.ServiceRevisions[0].ContainerImages[0].Image != "web:1" {
		t.Errorf("revisions %+v", revs)
	}
	if *revs.ServiceRevisions[0].ResolvedConfiguration.LoadBalancers[0].TargetGroupArn != groupARN("tg-ip") {
		t.Error("the resolved target group is missing")
	}
	sds, err := w.s.DescribeServiceDeployments(w.ctx, &sdk.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*s.CurrentServiceDeployment}})
	sd := must(w, sds, err).ServiceDeployments[0]
	if sd.Status != "PENDING" || len(sd.SourceServiceRevisions) != 0 || *sd.TargetServiceRevision.Arn != *rev.Arn || sd.DeploymentCircuitBreaker.Status != "DISABLED" {
		t.Errorf("service deployment %+v", sd)
	}
}

func TestCreateServiceIsIdempotent(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	td := w.define("web")
	first := w.create(web(td))
	again := w.create(web(td))
	if *first.Deployments[0].Id != *again.Deployments[0].Id {
		t.Error("the same request made another deployment")
	}
	_, err := w.s.CreateService(w.ctx, web(td, func(in *sdk.CreateServiceInput) { in.DesiredCount = ptr[int32](3) }))
	refused(t, err, "InvalidParameterException", "Creation of service was not idempotent.")
	_, err = w.s.CreateService(w.ctx, web(td, func(in *sdk.CreateServiceInput) { in.ClientToken = ptr("t") }))
	refused(t, err, "InvalidParameterException", "Creation of service was not idempotent.")
	_, err = w.s.DeleteService(w.ctx, &sdk.DeleteServiceInput{Service: ptr("web")})
	refused(t, err, "InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
	out, err := w.s.DeleteService(w.ctx, &sdk.DeleteServiceInput{Service: ptr("web"), Force: ptr(true)})
	if *must(w, out, err).Service.Status != "DRAINING" {
		t.Errorf("status %s", *out.Service.Status)
	}
	_, err = w.s.CreateService(w.ctx, web(td))
	refused(t, err, "InvalidParameterException", "Unable to Start a service that is still Draining.")
	_, err = w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{Service: ptr("web")})
	refused(t, err, "ServiceNotActiveException", "Service was not ACTIVE.")
}

// TestWhatTriggers: which members of UpdateService start a deployment.
func TestWhatTriggers(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("web")
	w.define("web")
	w.create(web("web:1", func(in *sdk.CreateServiceInput) { in.LoadBalancers = lb("tg-ip") }))
	type input = sdk.UpdateServiceInput
	subnets := func(ids ...string) *types.NetworkConfiguration {
		return &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: ids}}
	}
	for _, tt := range []struct {
		name string
		in   input
		want bool
	}{
		{"nothing", input{}, false},
		{"count", input{DesiredCount: ptr[int32](5)}, false},
		{"configuration", input{DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: ptr[int32](150)}}, false},
		{"grace", input{HealthCheckGracePeriodSeconds: ptr[int32](9)}, false},
		{"tags", input{PropagateTags: types.PropagateTagsService, EnableECSManagedTags: ptr(true)}, false},
		{"exec", input{EnableExecuteCommand: ptr(true)}, false},
		{"rebalancing", input{AvailabilityZoneRebalancing: types.AvailabilityZoneRebalancingDisabled}, false},
		{"same definition", input{TaskDefinition: ptr("web:1")}, false},
		{"same network", input{NetworkConfiguration: subnets("subnet-1")}, false},
		{"same load balancers", input{LoadBalancers: lb("tg-ip")}, false},
		{"same platform", input{PlatformVersion: ptr("1.4.0")}, false},
		{"family", input{TaskDefinition: ptr("web")}, true},
		{"family again", input{TaskDefinition: ptr("web")}, false},
		{"network", input{NetworkConfiguration: subnets("subnet-2")}, true},
		{"no load balancers", input{LoadBalancers: []types.LoadBalancer{}}, true},
		{"no load balancers again", input{LoadBalancers: []types.LoadBalancer{}}, false},
		{"platform", input{PlatformVersion: ptr("1.3.0")}, true},
		{"force", input{ForceNewDeployment: true}, true},
	} {
		before := w.describe("web")
		tt.in.Service = ptr("web")
		out, err := w.s.UpdateService(w.ctx, &tt.in)
		after := must(w, out, err).Service
		if got := *after.CurrentServiceDeployment != *before.CurrentServiceDeployment; got != tt.want {
			t.Errorf("%s: a deployment started: %v", tt.name, got)
		}
	}
	s := w.describe("web")
	c := s.DeploymentConfiguration
	if s.DesiredCount != 5 || *c.MaximumPercent != 150 || *c.MinimumHealthyPercent != 100 || !s.EnableECSManagedTags || len(s.LoadBalancers) != 0 {
		t.Errorf("not kept: %+v", s)
	}
	list, err := w.s.ListServiceDeployments(w.ctx, &sdk.ListServiceDeploymentsInput{Service: ptr("web"), MaxResults: ptr[int32](2)})
	if must(w, list, err); len(list.ServiceDeployments) != 2 || list.NextToken == nil || *list.ServiceDeployments[0].ServiceDeploymentArn != *s.CurrentServiceDeployment {
		t.Errorf("newest first, by pages: %+v", list)
	}
}

func TestPartialConfiguration(t *testing.T) {
	old := fillConfiguration(types.DeploymentConfiguration{
		MaximumPercent:           ptr[int32](150),
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		LifecycleHooks:           []types.DeploymentLifecycleHook{{TargetType: "PAUSE"}},
		CanaryConfiguration:      &types.CanaryConfiguration{},
	}, false)
	if old.CanaryConfiguration != nil {
		t.Error("canaryConfiguration is kept with another strategy")
	}
	got := mergeConfiguration(old, &types.DeploymentConfiguration{MinimumHealthyPercent: ptr[int32](50)})
	if *got.MaximumPercent != 150 || *got.MinimumHealthyPercent != 50 || !got.DeploymentCircuitBreaker.Enable || len(got.LifecycleHooks) != 1 {
		t.Errorf("got %+v", got)
	}
	if got = mergeConfiguration(old, &types.DeploymentConfiguration{LifecycleHooks: []types.DeploymentLifecycleHook{}}); len(got.LifecycleHooks) != 0 {
		t.Error("an empty list clears")
	}
}

// TestUpdateAfterRestart: what was read back from disk is the same as what was
// written, so that an update that changes nothing starts nothing.
func TestUpdateAfterRestart(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("web")
	w.create(web("web", func(in *sdk.CreateServiceInput) { in.LoadBalancers = lb("tg-ip") }))
	w.reopen()
	before := w.describe("web")
	out, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{
		Service: ptr("web"), TaskDefinition: ptr("web"), LoadBalancers: lb("tg-ip"),
		NetworkConfiguration: web("web").NetworkConfiguration, PlatformVersion: ptr("LATEST"),
	})
	if after := must(w, out, err).Service; *after.CurrentServiceDeployment != *before.CurrentServiceDeployment {
		t.Errorf("a deployment started: %+v", after.Deployments)
	}
	again := w.create(web("web", func(in *sdk.CreateServiceInput) { in.LoadBalancers = lb("tg-ip") }))
	if *again.Deployments[0].Id != *before.Deployments[0].Id {
		t.Error("the same request made another service")
	}
}

func TestDaemon(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.cluster()
	w.define("agent", bridge)
	daemon := func(in *sdk.CreateServiceInput) {
		in.SchedulingStrategy, in.DesiredCount, in.LaunchType, in.NetworkConfiguration = types.SchedulingStrategyDaemon, nil, "", nil
	}
	s := w.create(web("agent", daemon))
	if c := s.DeploymentConfiguration; *c.MaximumPercent != 100 || *c.MinimumHealthyPercent != 0 || s.DesiredCount != 1 {
		t.Errorf("service %+v", s)
	}
	w.await("web", "one task", func(s types.Service) bool { return stable(s) && s.RunningCount == 1 })
	_, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{Service: ptr("web"), DesiredCount: ptr[int32](2)})
	refused(t, err, "InvalidParameterException", "DAEMON")
	_, err = w.s.DeleteService(w.ctx, &sdk.DeleteServiceInput{Service: ptr("web")})
	must(w, 0, err)
}

// TestCapacityProviders: a strategy in place of a launch type, and back.
func TestCapacityProviders(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.cluster()
	w.define("web")
	fargate := []types.CapacityProviderStrategyItem{{CapacityProvider: ptr("FARGATE_SPOT"), Weight: 1}}
	_, err := w.s.PutClusterCapacityProviders(w.ctx, &sdk.PutClusterCapacityProvidersInput{
		Cluster:           ptr("default"),
		CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"}, DefaultCapacityProviderStrategy: fargate,
	})
	must(w, 0, err)
	s := w.create(web("web", func(in *sdk.CreateServiceInput) { in.LaunchType = "" }))
	if s.LaunchType != "" || len(s.CapacityProviderStrategy) != 1 || *s.PlatformFamily != "Linux" {
		t.Errorf("the cluster's default strategy is not used: %+v", s)
	}
	w.await("web", "stable", stable)
	list, err := w.s.ListTasks(w.ctx, &sdk.ListTasksInput{})
	d, err2 := w.s.DescribeTasks(w.ctx, &sdk.DescribeTasksInput{Tasks: must(w, list, err).TaskArns})
	if x := must(w, d, err2).Tasks[0]; x.LaunchType != "" || *x.CapacityProviderName != "FARGATE_SPOT" || *x.PlatformVersion != "1.4.0" {
		t.Errorf("task %+v", x)
	}
	out, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{Service: ptr("web"), CapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})
	if s := must(w, out, err).Service; s.LaunchType != "FARGATE" || len(s.CapacityProviderStrategy) != 0 || s.CurrentServiceDeployment != nil {
		t.Errorf("back to the launch type: %+v", s)
	}
	_, err = w.s.PutClusterCapacityProviders(w.ctx, &sdk.PutClusterCapacityProvidersInput{
		Cluster:           ptr("default"),
		CapacityProviders: []string{"mine"}, DefaultCapacityProviderStrategy: fargate[:0],
	})
	refused(t, err, "InvalidParameterException", "was not found")
}

// TestCreatedAfterTheRequest: in the milliseconds of an answer too.
func TestCreatedAfterTheRequest(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("web")
	sent := time.Now()
	d := w.create(web("web")).Deployments[0]
	if shown := d.CreatedAt.Truncate(time.Millisecond); shown.Before(sent) {
		t.Errorf("sent %s, created %s", sent, shown)
	}
}

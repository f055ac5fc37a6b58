package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const container = "app"

// registerTask registers the task definition of a version.
func (d *demo) registerTask(ctx context.Context, repository, version string) (string, error) {
	out, err := d.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(name), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ExecutionRoleArn:        aws.String("arn:aws:iam::000000000000:role/ecsTaskExecutionRole"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String(container), Image: aws.String(repository + ":" + version), Essential: aws.Bool(true),
			PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(8080)}},
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": "/ecs/" + name, "awslogs-region": d.region, "awslogs-stream-prefix": "web", "awslogs-create-group": "true",
			}},
		}},
	})
	if err != nil {
		return "", err
	}
	return *out.TaskDefinition.TaskDefinitionArn, nil
}

// ensureService brings the service to a task definition: it creates it, or
// updates the one of an earlier run.
func (d *demo) ensureService(ctx context.Context, s *stack, task string) error {
	if _, err := d.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String(name)}); err != nil {
		return err
	}
	if old, err := d.service(ctx); err == nil && aws.ToString(old.Status) == "ACTIVE" {
		d.say("the service of an earlier run is brought back to v1")
		_, err := d.update(ctx, s, task, rolling())
		return err
	}
	_, err := d.ecs.CreateService(ctx, &ecs.CreateServiceInput{
		Cluster: aws.String(name), ServiceName: aws.String(service), TaskDefinition: &task, DesiredCount: aws.Int32(int32(d.opts.Tasks)),
		LaunchType: types.LaunchTypeFargate, HealthCheckGracePeriodSeconds: aws.Int32(30),
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: s.subnets, AssignPublicIp: types.AssignPublicIpEnabled,
		}},
		LoadBalancers: s.block(), DeploymentConfiguration: rolling(),
	})
	return err
}

// update starts a deployment of a task definition.
func (d *demo) update(ctx context.Context, s *stack, task string, config *types.DeploymentConfiguration) (*types.Service, error) {
	out, err := d.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: aws.String(name), Service: aws.String(service), TaskDefinition: &task, DesiredCount: aws.Int32(int32(d.opts.Tasks)),
		LoadBalancers: s.block(), DeploymentConfiguration: config,
	})
	if err != nil {
		return nil, err
	}
	return out.Service, nil
}

func (d *demo) service(ctx context.Context) (*types.Service, error) {
	out, err := d.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(name), Services: []string{service}})
	if err != nil {
		return nil, err
	}
	if len(out.Services) == 0 {
		return nil, errors.New("there is no service " + service)
	}
	return &out.Services[0], nil
}

// steady tells whether one deployment is left and all its tasks run.
func steady(s *types.Service) bool {
	return len(s.Deployments) == 1 && s.RunningCount == s.DesiredCount &&
		s.Deployments[0].RolloutState == types.DeploymentRolloutStateCompleted
}

// awaitSteady waits for the service, and tells the newest event when it fails.
func (d *demo) awaitSteady(ctx context.Context, task string) error {
	ctx, cancel := context.WithTimeout(ctx, d.opts.Patience)
	defer cancel()
	for {
		s, err := d.service(ctx)
		if err != nil {
			return err
		}
		if steady(s) && aws.ToString(s.Deployments[0].TaskDefinition) == task {
			return nil
		}
		if err := failed(s); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the service was not steady within %s; its last event: %s", d.opts.Patience, lastEvent(s))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func failed(s *types.Service) error {
	for _, dep := range s.Deployments {
		if aws.ToString(dep.Status) == "PRIMARY" && dep.RolloutState == types.DeploymentRolloutStateFailed {
			return fmt.Errorf("the deployment failed: %s; last event: %s", aws.ToString(dep.RolloutStateReason), lastEvent(s))
		}
	}
	return nil
}

func lastEvent(s *types.Service) string {
	if len(s.Events) == 0 {
		return "none"
	}
	return aws.ToString(s.Events[0].Message)
}

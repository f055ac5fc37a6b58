package cli

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/grue-ecs/grue/internal/client"
)

// clientOf is a client of a grue up that the script started.
func clientOf(ts *testscript.TestScript, name string) *client.Client {
	c, err := client.Flags{Endpoint: ts.Getenv(name + "_url"), Cluster: "default"}.Open(context.Background())
	ts.Check(err)
	return c
}

// cmdService is: service UP NAME STRATEGY [STAGE]. It makes a service of one task, without
// load balancer, whose deployments pause before STAGE; its first deployment
// does not pause.
func cmdService(ts *testscript.TestScript, neg bool, args []string) {
	ctx, c := context.Background(), clientOf(ts, args[0])
	_, err := c.ECS.CreateCluster(ctx, &ecs.CreateClusterInput{})
	ts.Check(err)
	config := &types.DeploymentConfiguration{
		Strategy: types.DeploymentStrategy(args[2]), BakeTimeInMinutes: aws.Int32(0), LifecycleHooks: []types.DeploymentLifecycleHook{},
	}
	_, err = c.ECS.CreateService(ctx, &ecs.CreateServiceInput{
		ServiceName: &args[1], TaskDefinition: define(ts, c, args[1]), DesiredCount: aws.Int32(1), DeploymentConfiguration: config,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	})
	ts.Check(err)
	until(ts, args[1]+" to be steady", func() bool {
		s, err := c.Look(ctx, args[1], "")
		return err == nil && s.Steady && s.Over()
	})
	if len(args) > 3 {
		config.LifecycleHooks = []types.DeploymentLifecycleHook{{
			TargetType: types.DeploymentLifecycleHookTargetTypePause, LifecycleStages: []types.DeploymentLifecycleHookStage{types.DeploymentLifecycleHookStage(args[3])},
		}}
		_, err = c.ECS.UpdateService(ctx, &ecs.UpdateServiceInput{Service: &args[1], DeploymentConfiguration: config})
		ts.Check(err)
	}
}

// define registers the next revision of a family.
func define(ts *testscript.TestScript, c *client.Client, family string) *string {
	out, err := c.ECS.RegisterTaskDefinition(context.Background(), &ecs.RegisterTaskDefinitionInput{
		Family: &family, NetworkMode: types.NetworkModeAwsvpc,
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("fake/image@sha256:" + strings.Repeat("0", 64)), Memory: aws.Int32(64),
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": "/ecs/" + family, "awslogs-stream-prefix": "ecs", "awslogs-region": "us-east-1", "awslogs-create-group": "true",
			}},
		}},
	})
	ts.Check(err)
	return out.TaskDefinition.TaskDefinitionArn
}

// cmdUpdate is: update UP NAME. It deploys a new revision and does not wait.
func cmdUpdate(ts *testscript.TestScript, neg bool, args []string) {
	c := clientOf(ts, args[0])
	_, err := c.ECS.UpdateService(context.Background(), &ecs.UpdateServiceInput{Service: &args[1], TaskDefinition: define(ts, c, args[1])})
	ts.Check(err)
}

// cmdAnswer is: answer UP NAME CONTINUE|ROLLBACK. It waits for a pause and ends it.
func cmdAnswer(ts *testscript.TestScript, neg bool, args []string) {
	ctx, c := context.Background(), clientOf(ts, args[0])
	until(ts, "a pause", func() bool {
		s, err := c.Look(ctx, args[1], "")
		if err != nil || s.Deployment.Approval() == nil {
			return false
		}
		_, err = c.ECS.ContinueServiceDeployment(ctx, &ecs.ContinueServiceDeploymentInput{
			ServiceDeploymentArn: &s.Deployment.ARN, HookId: &s.Deployment.Approval().ID, Action: types.DeploymentLifecycleHookAction(args[2]),
		})
		return err == nil
	})
}

// cmdSay is: say UP SERVICE TEXT…. It puts lines into the log of the service's
// newest task, as its container would, and sets $task to the id of the task.
func cmdSay(ts *testscript.TestScript, neg bool, args []string) {
	ctx, c := context.Background(), clientOf(ts, args[0])
	tasks, err := c.Tasks(ctx, args[1], false)
	ts.Check(err)
	id := client.Last(aws.ToString(tasks[0].TaskArn))
	group, stream := "/ecs/"+args[1], "ecs/app/"+id
	_, _ = c.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group})
	_, _ = c.Logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	for _, text := range args[2:] {
		_, err := c.Logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: &group, LogStreamName: &stream,
			LogEvents: []logtypes.InputLogEvent{{Timestamp: aws.Int64(time.Now().UnixMilli()), Message: aws.String(text)}},
		})
		ts.Check(err)
	}
	ts.Setenv("task", id)
}

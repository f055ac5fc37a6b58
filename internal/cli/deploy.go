package cli

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/client"
	"github.com/grue-ecs/grue/internal/client/change"
)

// deployCmd is `grue deploy`.
type deployCmd struct {
	Service string `arg:"" help:"Service, by name or ARN."`
	wishFlags
	DryRun bool   `short:"n" help:"Tell what would change, and change nothing."`
	Reason string `help:"Why; grue keeps it with the deployment." placeholder:"TEXT"`
	Wait   string `help:"What to wait for: done (the deployment is over), none, or a lifecycle stage such as POST_TEST_TRAFFIC_SHIFT or BAKE_TIME." default:"done" placeholder:"WHAT"`
	endFlags
	client.Flags
}

// Help is the long help.
func (deployCmd) Help() string {
	return `Registers a new revision of the task definition that the service runs, with other images and all else as it is
(tags, too), updates the service, and shows the deployment until it is over. The exit code tells how it ended:
0 deployed, 3 rolled back, 4 waiting for approval, 5 timed out, 6 stopped or failed.

With -f the service is as the file says, and is created when it does not exist.

Examples:
  grue deploy web --image 127.0.0.1:4566/web:v2
  grue deploy web --image app=web:v2 --image proxy=envoy:v1.31 --reason "release 42"
  grue deploy web --image web:v2 --strategy canary --percent 5 --step-bake 10m --bake 5m
  grue deploy web --image web:v2 --wait POST_TEST_TRAFFIC_SHIFT && ./smoke-test
  grue deploy web -f service.json -f taskdef.json --desired 4
  grue deploy web --image web:v2 --dry-run
  grue deploy web --image web:v2 -c prod --aws; [ $? -eq 3 ] && echo "rolled back"`
}

// Run deploys.
func (c *deployCmd) Run(s *streams) error {
	x, err := s.steer(&c.Flags, c.Service, c.Wait, c.Reason, c.endFlags)
	if err != nil {
		return err
	}
	if c.empty() {
		return usageError("say what to deploy: --image IMAGE, -f FILE, --desired N, a strategy, or --force")
	}
	w, err := c.wish(c.Service, &c.Flags)
	if err != nil {
		return err
	}
	ctx, stop := s.context()
	defer stop()
	if err := x.open(ctx, c.Flags); err != nil {
		return err
	}
	done := s.doing("asking " + x.client.Where() + " about " + x.service)
	n, err := now(ctx, x.client, w)
	done()
	if err != nil {
		return err
	}
	p, err := w.Make(n)
	if err != nil {
		return err
	}
	for _, note := range p.Notes {
		fmt.Fprintln(s.err, "note:", note)
	}
	if c.DryRun {
		return x.rehearse(ctx, n, p)
	}
	return x.deploy(ctx, n, p)
}

// deploy makes the calls of a plan and follows what they start.
func (x *steering) deploy(ctx context.Context, n change.Now, p *change.Plan) error {
	if p.Nothing() {
		return x.unchanged(ctx, n)
	}
	for _, swap := range p.Swaps {
		x.say("%s: %s → %s", swap.Container, swap.From, swap.To)
	}
	arn, err := x.register(ctx, p.Register)
	if err != nil {
		return err
	}
	after, err := x.apply(ctx, p, arn)
	if err != nil {
		if arn != nil {
			return fmt.Errorf("%w (%s is registered, but not in use)", client.Explain(err), client.Last(*arn))
		}
		return err
	}
	if n.Service != nil && primaryNumber(n.Service) == primaryNumber(after) {
		x.say("%s: changed, without a new deployment", x.service)
		return nil
	}
	deployment, err := x.started(ctx, after)
	if err != nil {
		return err
	}
	return x.follow(ctx, deployment)
}

// unchanged tells that there is nothing to do. A deployment that is under way to
// where it shall go is waited for: a job of CI that runs again gets its answer.
func (x *steering) unchanged(ctx context.Context, n change.Now) error {
	if arn := aws.ToString(n.Service.CurrentServiceDeployment); arn != "" {
		x.say("%s: nothing to change, the deployment of %s goes on", x.service, client.Last(aws.ToString(n.Service.TaskDefinition)))
		return x.follow(ctx, arn)
	}
	x.say("%s: nothing to change, it has %s; --force deploys it again", x.service, client.Last(aws.ToString(n.Service.TaskDefinition)))
	return nil
}

// register registers a task definition and returns its ARN; nil = there is none to
// register.
func (x *steering) register(ctx context.Context, in *ecs.RegisterTaskDefinitionInput) (*string, error) {
	if in == nil {
		return nil, nil
	}
	defer x.doing("registering a task definition")()
	out, err := x.client.ECS.RegisterTaskDefinition(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("register the task definition %s: %w", aws.ToString(in.Family), client.Explain(err))
	}
	x.say("registered %s", client.Last(aws.ToString(out.TaskDefinition.TaskDefinitionArn)))
	return out.TaskDefinition.TaskDefinitionArn, nil
}

// apply creates or updates the service, with the definition that was registered,
// and sets its tags.
func (x *steering) apply(ctx context.Context, p *change.Plan, registered *string) (*types.Service, error) {
	defer x.doing("updating " + x.service)()
	if in := p.Create; in != nil {
		if registered != nil {
			in.TaskDefinition = registered
		}
		out, err := x.client.ECS.CreateService(ctx, in, client.Because(x.reason, ""))
		if err != nil {
			return nil, err
		}
		x.say("created the service %s in the cluster %s", x.service, client.Last(aws.ToString(out.Service.ClusterArn)))
		return out.Service, nil
	}
	if registered != nil {
		p.Update.TaskDefinition = registered
	}
	out, err := x.client.ECS.UpdateService(ctx, p.Update, client.Because(x.reason, ""))
	if err != nil {
		return nil, err
	}
	if len(p.Tag) > 0 {
		if _, err := x.client.ECS.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: out.Service.ServiceArn, Tags: p.Tag}); err != nil {
			return nil, fmt.Errorf("the service is updated, but its tags are not: %w", client.Explain(err))
		}
	}
	return out.Service, nil
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/client"
	"github.com/grue-ecs/grue/internal/client/change"
)

// rollbackCmd is `grue rollback`.
type rollbackCmd struct {
	Service string `arg:"" help:"Service, by name or ARN."`
	To      string `help:"Revision to go back to: its number, or its task definition as family:revision. Default: the last one that was deployed before." placeholder:"REVISION"`
	Reason  string `help:"Why; grue keeps it with the deployment." placeholder:"TEXT"`
	Wait    string `help:"What to wait for: done (the former revision serves), none, or a lifecycle stage." default:"done" placeholder:"WHAT"`
	endFlags
	client.Flags
}

// Help is the long help.
func (rollbackCmd) Help() string {
	return `While a deployment goes on, it is called back: traffic returns to the former revision at once. Otherwise the revision
before the present one, or that of --to, is deployed again: its task definition and whatever else of it ECS can restore.
An image whose tag points elsewhere today is pinned to the digest that ran then.

The exit code is 0 when the service is back; 3 when that deployment was itself rolled back.

Examples:
  grue rollback web --reason "error rate doubled"
  grue rollback web --to web:7
  grue rollback web -c prod --aws --wait none`
}

// Run goes back.
func (c *rollbackCmd) Run(s *streams) error {
	x, err := s.steer(&c.Flags, c.Service, c.Wait, c.Reason, c.endFlags)
	if err != nil {
		return err
	}
	ctx, stop := s.context()
	defer stop()
	if err := x.open(ctx, c.Flags); err != nil {
		return err
	}
	done := s.doing("asking " + x.client.Where() + " about " + x.service)
	seen, err := x.client.Look(ctx, x.service, "")
	done()
	if err != nil {
		return err
	}
	d := seen.Deployment
	if c.To == "" && d != nil && d.ARN != "" && !d.Outcome.Final() {
		return x.callBack(ctx, d)
	}
	return x.back(ctx, seen.Raw, c.To)
}

// callBack ends a deployment that goes on.
func (x *steering) callBack(ctx context.Context, d *client.Deployment) error {
	switch {
	case d.Outcome == client.RollingBack:
		x.say("%s: the deployment of %s is rolled back already", x.service, d.New.Name())
	case len(d.Old) == 0:
		return fmt.Errorf("%s is deployed for the first time, so there is nothing to go back to: deploy another version with 'grue deploy', or delete the service", x.service)
	default:
		_, err := x.client.ECS.StopServiceDeployment(ctx, &ecs.StopServiceDeploymentInput{
			ServiceDeploymentArn: &d.ARN, StopType: types.StopServiceDeploymentStopTypeRollback,
		}, client.Because(x.reason, ""))
		if client.Is(err, "ConflictException") {
			return fmt.Errorf("the deployment of %s ended a moment ago; '%s' tells how, and '%s' takes it back", d.New.Name(), x.verb("status"), x.verb("rollback"))
		}
		if err != nil {
			return err
		}
		x.say("%s: the deployment of %s is called back", x.service, d.New.Name())
		if x.wait != "none" {
			x.noticed(ctx, d.ARN, func(d *client.Deployment) bool { return d.Outcome == client.RollingBack || d.Outcome.Final() })
		}
	}
	err := x.follow(ctx, d.ARN)
	var code silent
	switch {
	case x.wait == "none":
		return err
	case errors.As(err, &code) && int(code) == exitRolledBack:
		return nil // as it was asked for
	case err == nil:
		return fmt.Errorf("%s was deployed before it could be called back; '%s' takes it back", d.New.Name(), x.verb("rollback"))
	}
	return err
}

// back deploys a former revision again.
func (x *steering) back(ctx context.Context, s *types.Service, to string) error {
	in, register, err := x.wayBack(ctx, s, to)
	if err != nil {
		return err
	}
	if register != nil {
		if in.TaskDefinition, err = x.register(ctx, register); err != nil {
			return err
		}
	}
	in.Cluster, in.Service = s.ClusterArn, s.ServiceName
	done := x.doing("updating " + x.service)
	out, err := x.client.ECS.UpdateService(ctx, in, client.Because(x.reason, "REVISION"))
	done()
	if err != nil {
		return err
	}
	deployment, err := x.started(ctx, out.Service)
	if err != nil {
		return err
	}
	return x.follow(ctx, deployment)
}

// wayBack works out the update that goes back, and a task definition to be
// registered for it, nil when the former one will do.
func (x *steering) wayBack(ctx context.Context, s *types.Service, to string) (*ecs.UpdateServiceInput, *ecs.RegisterTaskDefinitionInput, error) {
	defer x.doing("asking about revisions of " + x.service)()
	present, former, err := x.sides(ctx, s, to)
	if err != nil {
		return nil, nil, err
	}
	x.say("%s: back from %s to %s", x.service, titleOf(present), titleOf(former))
	in, cannot := change.Back(present, former)
	if cannot != nil {
		fmt.Fprintf(x.err, "note: UpdateService cannot restore %s\n", strings.Join(cannot, ", "))
	}
	digests := change.Digests{Client: x.client}
	pins, unknown := change.Pins(former, func(image string) (string, error) { return digests.Of(ctx, image) })
	for _, why := range unknown {
		fmt.Fprintf(x.err, "note: it is not known whether the tag still means what it meant: %s\n", why)
	}
	def, tags, err := definition(ctx, x.client, aws.ToString(former.TaskDefinition))
	if err != nil {
		return nil, nil, err
	}
	if len(pins) == 0 && def.Status == types.TaskDefinitionStatusActive {
		in.ForceNewDeployment = aws.ToString(in.TaskDefinition) == aws.ToString(present.TaskDefinition) // nothing else may differ
		return in, nil, nil
	}
	register := change.Again(def, tags)
	swaps, err := change.SetImages(register.ContainerDefinitions, pins)
	for _, swap := range swaps {
		x.say("%s: %s points elsewhere today; pinned to %s", swap.Container, swap.From, swap.To)
	}
	return in, register, err
}

// sides are the present revision and the one to go back to.
func (x *steering) sides(ctx context.Context, s *types.Service, to string) (present, former *types.ServiceRevision, err error) {
	past, err := x.past(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	known, err := x.known(ctx, s, past)
	if err != nil {
		return nil, nil, err
	}
	number := primaryNumber(s)
	if number == "" {
		return nil, nil, errNoRevision
	}
	if present, err = pick(known, revisionARN(s, number)); err != nil {
		return nil, nil, err
	}
	if to == "" {
		former, err = x.last(known, past, present)
		return present, former, err
	}
	if former, err = pick(known, to); err != nil {
		return nil, nil, err
	}
	if former == present {
		return nil, nil, fmt.Errorf("%s is what %s runs already; '%s --force' deploys it again", titleOf(present), x.service, x.verb("deploy"))
	}
	return present, former, nil
}

// last is the newest revision before the present one that differs from it: a forced
// deployment of the same is nothing to go back from.
func (x *steering) last(known []*types.ServiceRevision, past []types.ServiceDeploymentBrief, present *types.ServiceRevision) (*types.ServiceRevision, error) {
	for _, arn := range previous(past, aws.ToString(present.ServiceRevisionArn)) {
		if r, err := pick(known, arn); err == nil && !change.Same(r, present) {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%s has had no other revision that was deployed successfully: there is nothing to go back to", x.service)
}

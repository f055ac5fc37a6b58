package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/grue-ecs/grue/internal/client"
)

// approveCmd is `grue approve`.
type approveCmd struct {
	Service string `arg:"" help:"Service, by name or ARN."`
	Hook    string `help:"Hook to answer, where several wait; 'grue approvals' lists them." placeholder:"ID"`
	Reason  string `help:"Why; grue keeps it with the decision." placeholder:"TEXT"`
	Wait    string `help:"What to wait for afterwards: none, done (the deployment is over), or a lifecycle stage." default:"none" placeholder:"WHAT"`
	endFlags
	client.Flags
}

// Help is the long help.
func (approveCmd) Help() string {
	return `Lets a deployment go on that waits for approval. A deployment with a pause before each step waits again.

With --wait the exit code tells how it went on, as that of deploy: 0 deployed, 3 rolled back, 4 waiting again.

Examples:
  grue approve web
  grue approve web --reason "smoke test passed" --wait done
  until grue approve web --wait done; [ $? -ne 4 ]; do :; done      # every step, in one go
  grue approve web -c prod --aws`
}

// Run approves.
func (c *approveCmd) Run(s *streams) error {
	return s.answer(&c.Flags, c.Service, c.Hook, c.Reason, c.Wait, c.endFlags, true)
}

// rejectCmd is `grue reject`.
type rejectCmd struct {
	Service string `arg:"" help:"Service, by name or ARN."`
	Hook    string `help:"Hook to answer, where several wait; 'grue approvals' lists them." placeholder:"ID"`
	Reason  string `required:"" help:"Why; grue keeps it with the decision." placeholder:"TEXT"`
	Wait    string `help:"What to wait for afterwards: done (the deployment is over) or none." default:"done" placeholder:"WHAT"`
	endFlags
	client.Flags
}

// Help is the long help.
func (rejectCmd) Help() string {
	return `Rejects a deployment that waits for approval: it is rolled back.

The exit code tells how the deployment ended: 3, rolled back, is what is to be expected. With --wait none it is 0.

Examples:
  grue reject web --reason "the checkout page is slow"
  grue reject web --reason "not today" -c prod --aws --wait none`
}

// Run rejects.
func (c *rejectCmd) Run(s *streams) error {
	return s.answer(&c.Flags, c.Service, c.Hook, c.Reason, c.Wait, c.endFlags, false)
}

// answer answers the hook of a service that waits.
func (s *streams) answer(flags *client.Flags, service, hook, reason, wait string, ends endFlags, approve bool) error {
	x, err := s.steer(flags, service, wait, reason, ends)
	if err != nil {
		return err
	}
	if !approve && x.reason == "" {
		return usageError("--reason must say why")
	}
	ctx, stop := s.context()
	defer stop()
	if err := x.open(ctx, *flags); err != nil {
		return err
	}
	a, err := x.pending(ctx, hook)
	if err != nil {
		return err
	}
	if err := x.client.Answer(ctx, *a, approve, x.reason); err != nil {
		return err
	}
	if approve {
		x.say("%s: approved, the deployment of %s goes on", x.service, side(a.Target))
	} else {
		x.say("%s: rejected, the deployment of %s is rolled back", x.service, side(a.Target))
	}
	if x.wait != "none" {
		x.noticed(ctx, a.DeploymentARN, func(d *client.Deployment) bool {
			return !slices.ContainsFunc(d.Hooks, func(h client.Hook) bool { return h.ID == a.HookID && h.Waits() })
		})
	}
	return x.follow(ctx, a.DeploymentARN)
}

// pending is the approval to answer.
func (x *steering) pending(ctx context.Context, hook string) (*client.Approval, error) {
	defer x.doing("asking " + x.client.Where() + " for approvals")()
	list, err := x.client.ApprovalsOf(ctx, x.service)
	if err != nil {
		return nil, err
	}
	seen := &client.Snapshot{}
	if len(list) == 0 {
		if seen, err = x.client.Look(ctx, x.service, ""); err != nil {
			return nil, err
		}
		if seen.Deployment != nil && seen.Deployment.Outcome == client.WaitsForApproval { // since the list was made
			if list, err = x.client.ApprovalsOf(ctx, x.service); err != nil {
				return nil, err
			}
		}
	}
	var ids []string
	for _, a := range list {
		ids = append(ids, a.HookID)
	}
	at := slices.Index(ids, hook)
	switch {
	case len(list) == 0 && seen.Deployment != nil:
		return nil, fmt.Errorf("nothing of %s waits for approval; its newest deployment is %s", x.service, seen.Deployment.Outcome)
	case len(list) == 0:
		return nil, fmt.Errorf("nothing of %s waits for approval; it has had no deployment", x.service)
	case hook == "" && len(list) == 1:
		return &list[0], nil
	case hook == "":
		return nil, fmt.Errorf("%d hooks of %s wait: choose with --hook among %s", len(list), x.service, strings.Join(ids, ", "))
	case at < 0:
		return nil, fmt.Errorf("no hook %s of %s waits; %s does", hook, x.service, strings.Join(ids, ", "))
	}
	return &list[at], nil
}

package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/client"
)

// waitCmd is `grue wait`.
type waitCmd struct {
	Service   string        `arg:"" help:"Service, by name or ARN."`
	For       string        `help:"What to wait for: done (the deployment is over), steady (and nothing moves any more), approval (or that it is deployed without), or a lifecycle stage such as POST_TEST_TRAFFIC_SHIFT or BAKE_TIME." default:"done" placeholder:"WHAT"`
	Timeout   time.Duration `help:"How long to wait; 0 = without limit." default:"1h"`
	Approvals bool          `help:"Go on waiting while the deployment waits for approval."`
	Quiet     bool          `short:"q" help:"Print the ending only."`
	JSON      bool          `help:"Print each change as a line of JSON."`
	client.Flags
}

// Help is the long help.
func (waitCmd) Help() string {
	return `Waits for the newest deployment of a service and tells by its exit code how it ended:
0 deployed, 3 rolled back, 4 waiting for approval, 5 timed out, 6 stopped or failed.

Examples:
  grue wait web
  grue wait web --for BAKE_TIME --timeout 10m
  grue wait web --for approval && grue approve web
  grue wait web -c prod --aws --approvals --quiet || echo "ended with $?"`
}

// Run waits.
func (c *waitCmd) Run(s *streams) error {
	goal, err := goalOf(c.For)
	if err != nil {
		return err
	}
	ctx, stop := s.context()
	defer stop()
	cl, err := c.Open(ctx)
	if err != nil {
		return err
	}
	f := follow{
		client: cl, watching: client.Watching{Service: c.Service}, flags: repeated(c.Flags), out: s.out, json: c.JSON, quiet: c.Quiet,
		goal: goal, approvals: c.Approvals, timeout: c.Timeout, side: s,
	}
	return f.run(ctx)
}

// goalOf understands --for; nil = the end of the deployment.
func goalOf(what string) (func(*client.Snapshot) bool, error) {
	switch what {
	case "done", "":
		return nil, nil
	case "steady":
		return func(s *client.Snapshot) bool { return s.Steady && s.Over() }, nil
	case "approval":
		return func(s *client.Snapshot) bool {
			return s.Deployment.Approval() != nil || s.Deployment != nil && s.Deployment.Outcome == client.Deployed
		}, nil
	}
	stage := strings.ToUpper(strings.ReplaceAll(what, "-", "_"))
	if !slices.Contains(client.Stages, stage) {
		return nil, usageError("wait for done, steady, approval, or one of " + strings.Join(client.Stages, ", ") + "; it was " + what)
	}
	return func(s *client.Snapshot) bool { return s.Deployment != nil && s.Deployment.Reached(stage) }, nil
}

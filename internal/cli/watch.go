package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"

	"github.com/grue-ecs/grue/internal/client"
	"github.com/grue-ecs/grue/internal/client/screen"
)

// watchCmd is `grue watch`.
type watchCmd struct {
	Service string `arg:"" help:"Service, by name or ARN."`
	Follow  bool   `short:"f" help:"Stay when the deployment ends, and go on with the next."`
	Plain   bool   `help:"Print lines also on a terminal."`
	JSON    bool   `help:"Print each change as a line of JSON."`
	client.Flags
}

// Help is the long help.
func (watchCmd) Help() string {
	return `Follows the newest deployment of a service: full screen on a terminal, a line at each change
elsewhere. It ends with the deployment, and with its exit code: 0 deployed, 3 rolled back,
6 stopped or failed. Keys: a approve, r reject, ? help, q quit (exit code 1: the end was not seen).

Examples:
  grue watch web
  grue watch web --follow
  grue watch web --json | jq -r '.deployment.stage'
  grue watch web --cluster prod --aws --region eu-central-1`
}

// Run watches.
func (c *watchCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	cl, err := c.Open(ctx)
	if err != nil {
		return err
	}
	if c.Plain || c.JSON || !terminal(s.out) || !terminal(s.in) {
		f := follow{
			client: cl, watching: client.Watching{Service: c.Service}, flags: repeated(c.Flags), out: s.out, json: c.JSON,
			approvals: true, forever: c.Follow, side: s,
		}
		return f.run(ctx)
	}
	done := s.doing("looking at " + c.Service + " at " + cl.Where())
	first, err := cl.Look(ctx, c.Service, "")
	done()
	switch {
	case err != nil:
		return err
	case first.Over() && !c.Follow:
		return c.over(s, first)
	}
	return c.fullScreen(ctx, s, cl, first)
}

// over tells about a service that is not being deployed.
func (c *watchCmd) over(s *streams, snap *client.Snapshot) error {
	if snap.Deployment == nil {
		fmt.Fprintf(s.out, "%s has had no deployment yet\n", snap.Service)
		return nil
	}
	fmt.Fprintln(s.out, snap.Deployment.Ending(snap.Service))
	fmt.Fprintln(s.err, "no deployment is under way; --follow waits for the next")
	return codeError(exitOf(snap.Deployment.Outcome))
}

// fullScreen runs the view. Whatever ends it, the terminal is as it was.
func (c *watchCmd) fullScreen(ctx context.Context, s *streams, cl *client.Client, first *client.Snapshot) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	model := screen.New(screen.Options{
		Service: c.Service, Where: cl.Where(), Colours: colourful(s.out), Follow: c.Follow,
		Answer: func(deployment, hook string, approve bool, reason string) error {
			a := client.Approval{Kind: "PAUSE", DeploymentARN: deployment, HookID: hook}
			return client.Explain(cl.Answer(ctx, a, approve, reason))
		},
	})
	p := tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(s.in), tea.WithOutput(beneath(s.out)),
		tea.WithEnvironment(os.Environ()), tea.WithoutSignalHandler())
	observed := make(chan struct{})
	go func() {
		defer close(observed)
		p.Send(screen.Seen{Snapshot: first})
		for snap, err := range cl.Observe(ctx, client.Watching{Service: c.Service}) {
			if err != nil {
				p.Send(screen.Failed{Err: client.Explain(err), Passing: client.Passing(err)})
				continue
			}
			p.Send(screen.Seen{Snapshot: snap})
		}
	}()
	_, err := p.Run()
	cancel()
	<-observed
	return c.ended(s, model, err)
}

// ended prints how the deployment ended, below the restored terminal.
func (c *watchCmd) ended(s *streams, m *screen.Model, err error) error {
	snap := m.Snapshot()
	switch {
	case m.Err != nil:
		return m.Err
	case err != nil && !errors.Is(err, tea.ErrProgramKilled):
		return err
	case snap == nil || snap.Deployment == nil:
		return nil
	case snap.Deployment.Outcome.Final():
		fmt.Fprintln(s.out, snap.Deployment.Ending(snap.Service))
	default:
		fmt.Fprintf(s.out, "%s: %s (the deployment goes on)\n", snap.Service, snap.Deployment.Line())
	}
	switch {
	case m.Over:
		return codeError(exitOf(snap.Deployment.Outcome))
	case c.Follow:
		return nil
	}
	return silent(exitError)
}

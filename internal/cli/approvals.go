package cli

import (
	"fmt"
	"time"

	"github.com/grue-ecs/grue/internal/client"
)

// approvalsCmd is `grue approvals`.
type approvalsCmd struct {
	Service string `arg:"" optional:"" help:"Service, by name or ARN. Default: all services, without --cluster of all clusters."`
	JSON    bool   `help:"Print JSON."`
	client.Flags
}

// Help is the long help.
func (approvalsCmd) Help() string {
	return `Lists what waits for a person: PAUSE hooks of deployments and, of grue, hooks that wait for an SSM parameter.

Examples:
  grue approvals
  grue approvals -c prod --aws
  grue approvals --json | jq -r '.[].service'`
}

// Run lists.
func (c *approvalsCmd) Run(s *streams) error {
	if err := clusterOf(c.Service, &c.Flags); err != nil {
		return err
	}
	ctx, stop := s.context()
	defer stop()
	cl, err := c.Open(ctx)
	if err != nil {
		return err
	}
	done := s.doing("asking " + cl.Where() + " for approvals")
	cluster := c.Cluster
	if cluster == "default" {
		cluster = ""
	}
	var list []client.Approval
	if c.Service != "" {
		list, err = cl.ApprovalsOf(ctx, c.Service)
	} else {
		list, err = cl.Approvals(ctx, cluster)
	}
	done()
	if err != nil {
		return err
	}
	if c.JSON {
		if list == nil {
			list = []client.Approval{}
		}
		return printJSON(s.out, list)
	}
	if len(list) == 0 {
		fmt.Fprintf(s.err, "nothing waits for approval at %s\n", cl.Where())
		return nil
	}
	t := table{head: []string{"CLUSTER", "SERVICE", "WHAT", "STAGE", "WAITS", "OTHERWISE", "HOOK"}}
	for _, a := range list {
		t.add(a.Cluster, a.Service, step(a), a.Stage, age(a.Since), otherwise(a), a.HookID)
	}
	if err := t.print(s.out); err != nil {
		return err
	}
	if terminal(s.out) {
		fmt.Fprintln(s.err, "\napprove with 'grue approve SERVICE', reject with 'grue reject SERVICE --reason TEXT'")
	}
	return nil
}

// step says what is to be approved: "web:1 → web:2 (25 %)".
func step(a client.Approval) string {
	text := side(a.Target)
	if a.Source != nil {
		text = side(a.Source) + " → " + text
	}
	if a.Target != nil && a.Target.Production != nil {
		text += " (" + client.Percent(*a.Target.Production) + ")"
	}
	return text
}

func side(s *client.Side) string {
	switch {
	case s == nil:
		return "?"
	case s.TaskDefinition != "":
		return s.TaskDefinition
	}
	return "revision " + s.Number
}

func age(since *time.Time) string {
	if since == nil || since.IsZero() {
		return "–"
	}
	return client.Age(time.Since(*since))
}

// otherwise says what happens without an answer.
func otherwise(a client.Approval) string {
	what := map[string]string{"ROLLBACK": "rolled back", "CONTINUE": "goes on"}[a.TimeoutAction]
	if a.ExpiresAt == nil || what == "" {
		return "–"
	}
	return what + " in " + client.Age(time.Until(*a.ExpiresAt))
}

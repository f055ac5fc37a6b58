package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/client"
)

// statusCmd is `grue status`.
type statusCmd struct {
	Service string `arg:"" optional:"" help:"Service, by name or ARN. Default: all services of the cluster."`
	JSON    bool   `help:"Print JSON: a list of services, or the snapshot of one."`
	client.Flags
}

// Help is the long help.
func (statusCmd) Help() string {
	return `Shows each service with the state of its newest deployment; with a service also its revisions,
weights, hooks, alarms and last events.

Examples:
  grue status
  grue status web
  grue status --cluster prod --aws
  grue status web --json | jq .deployment.outcome`
}

// Run asks and prints.
func (c *statusCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	cl, err := c.Open(ctx)
	if err != nil {
		return err
	}
	done := s.doing("asking " + cl.Where())
	defer done()
	if c.Service != "" {
		snap, err := cl.Look(ctx, c.Service, "")
		done()
		switch {
		case err != nil:
			return err
		case c.JSON:
			return printJSON(s.out, snap)
		}
		return printStatus(s.out, snap, repeated(c.Flags))
	}
	list, err := serviceLines(ctx, cl)
	done()
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printJSON(s.out, list)
	case len(list) == 0:
		fmt.Fprintf(s.err, "no services in cluster %s at %s\n", client.Last(cl.Cluster), cl.Where())
		return nil
	}
	return printServices(s.out, list)
}

// serviceLine is a service in the list.
type serviceLine struct {
	Service        string    `json:"service"`
	ARN            string    `json:"serviceArn"`
	Status         string    `json:"status"`
	Strategy       string    `json:"strategy"`
	TaskDefinition string    `json:"taskDefinition"`
	Desired        int32     `json:"desired"`
	Running        int32     `json:"running"`
	Pending        int32     `json:"pending"`
	Rollout        string    `json:"rollout"` // in words
	Since          time.Time `json:"since"`   // of the newest deployment
}

func serviceLines(ctx context.Context, cl *client.Client) ([]serviceLine, error) {
	all, err := cl.Services(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]serviceLine, 0, len(all))
	for i := range all {
		list = append(list, serviceLineOf(&all[i]))
	}
	return list, nil
}

func serviceLineOf(v *types.Service) serviceLine {
	l := serviceLine{
		Service: aws.ToString(v.ServiceName), ARN: aws.ToString(v.ServiceArn), Status: aws.ToString(v.Status), Strategy: "ROLLING",
		TaskDefinition: client.Last(aws.ToString(v.TaskDefinition)), Desired: v.DesiredCount, Running: v.RunningCount, Pending: v.PendingCount,
	}
	if d := v.DeploymentConfiguration; d != nil && d.Strategy != "" {
		l.Strategy = string(d.Strategy)
	}
	var failed []string
	for _, d := range v.Deployments {
		if aws.ToString(d.Status) == "PRIMARY" {
			l.Since, l.Rollout = aws.ToTime(d.CreatedAt), rolloutWords(&d)
		} else if d.RolloutState == types.DeploymentRolloutStateFailed {
			failed = append(failed, client.Last(aws.ToString(d.TaskDefinition)))
		}
	}
	if len(failed) > 0 {
		l.Rollout += ", " + strings.Join(failed, " ") + " failed"
	}
	if l.Status != "ACTIVE" {
		l.Rollout = strings.ToLower(l.Status)
	}
	return l
}

func rolloutWords(d *types.Deployment) string {
	words := strings.ToLower(strings.ReplaceAll(cmp.Or(string(d.RolloutState), "PRIMARY"), "_", " "))
	if d.FailedTasks > 0 && d.RolloutState != types.DeploymentRolloutStateCompleted {
		words += fmt.Sprintf(" (%d tasks failed)", d.FailedTasks)
	}
	return words
}

func printServices(w io.Writer, list []serviceLine) error {
	t := table{head: []string{"SERVICE", "STRATEGY", "REVISION", "TASKS", "ROLLOUT", "SINCE"}}
	for _, l := range list {
		since := "–"
		if !l.Since.IsZero() {
			since = client.Age(time.Since(l.Since))
		}
		tasks := fmt.Sprintf("%d/%d", l.Running, l.Desired)
		if l.Pending > 0 {
			tasks += fmt.Sprintf(" +%d", l.Pending)
		}
		t.add(l.Service, l.Strategy, l.TaskDefinition, tasks, cmp.Or(l.Rollout, "–"), since)
	}
	return t.print(w)
}

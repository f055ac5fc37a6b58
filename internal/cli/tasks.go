package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/client"
)

// tasksCmd is `grue tasks`.
type tasksCmd struct {
	Service string `arg:"" optional:"" help:"Service, by name or ARN. Default: all tasks of the cluster."`
	Running bool   `help:"Leave out stopped tasks."`
	JSON    bool   `help:"Print JSON."`
	client.Flags
}

// Help is the long help.
func (tasksCmd) Help() string {
	return `Lists tasks, the newest first, with their health and the reason why stopped ones stopped.
ECS forgets stopped tasks after a while.

Examples:
  grue tasks
  grue tasks web --running
  grue tasks web --json | jq -r '.[] | select(.status=="STOPPED") | .reason'`
}

// taskLine is a task as it is printed.
type taskLine struct {
	ID             string          `json:"id"`
	ARN            string          `json:"arn"`
	Service        string          `json:"service,omitempty"`
	TaskDefinition string          `json:"taskDefinition"`
	Status         string          `json:"status"`
	Desired        string          `json:"desired"`
	Health         string          `json:"health"`
	Address        string          `json:"address,omitempty"`
	Created        time.Time       `json:"createdAt"`
	Stopped        *time.Time      `json:"stoppedAt,omitempty"`
	StopCode       string          `json:"stopCode,omitempty"`
	Reason         string          `json:"reason,omitempty"`
	Containers     []containerLine `json:"containers"`
}

// containerLine is a container of a task.
type containerLine struct {
	Name   string `json:"name"`
	Image  string `json:"image"`
	Digest string `json:"digest,omitempty"`
	Status string `json:"status"`
	Health string `json:"health"`
	Exit   *int32 `json:"exitCode,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Run lists.
func (c *tasksCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	cl, err := c.Open(ctx)
	if err != nil {
		return err
	}
	done := s.doing("asking " + cl.Where() + " for tasks")
	all, err := cl.Tasks(ctx, c.Service, !c.Running)
	done()
	if err != nil {
		return err
	}
	lines := make([]taskLine, 0, len(all))
	for i := range all {
		lines = append(lines, taskLineOf(&all[i]))
	}
	if c.JSON {
		return printJSON(s.out, lines)
	}
	if len(lines) == 0 {
		fmt.Fprintf(s.err, "no tasks in cluster %s at %s\n", client.Last(cl.Cluster), cl.Where())
		return nil
	}
	return printTasks(s.out, lines, time.Now())
}

func taskLineOf(t *types.Task) taskLine {
	l := taskLine{
		ID: client.Last(aws.ToString(t.TaskArn)), ARN: aws.ToString(t.TaskArn), TaskDefinition: client.Last(aws.ToString(t.TaskDefinitionArn)),
		Status: aws.ToString(t.LastStatus), Desired: aws.ToString(t.DesiredStatus), Health: string(t.HealthStatus), Address: addressOf(t),
		Created: aws.ToTime(t.CreatedAt), Stopped: t.StoppedAt, StopCode: string(t.StopCode), Reason: aws.ToString(t.StoppedReason),
		Containers: []containerLine{},
	}
	if name, ok := strings.CutPrefix(aws.ToString(t.Group), "service:"); ok {
		l.Service = name
	}
	for _, k := range t.Containers {
		l.Containers = append(l.Containers, containerLine{
			Name: aws.ToString(k.Name), Image: aws.ToString(k.Image), Digest: aws.ToString(k.ImageDigest), Status: aws.ToString(k.LastStatus),
			Health: string(k.HealthStatus), Exit: k.ExitCode, Reason: aws.ToString(k.Reason),
		})
	}
	return l
}

// addressOf is the private address of a task in awsvpc mode.
func addressOf(t *types.Task) string {
	for _, a := range t.Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "privateIPv4Address" {
				return aws.ToString(d.Value)
			}
		}
	}
	for _, k := range t.Containers {
		for _, n := range k.NetworkInterfaces {
			return aws.ToString(n.PrivateIpv4Address)
		}
	}
	return ""
}

func printTasks(w io.Writer, lines []taskLine, now time.Time) error {
	t := table{head: []string{"TASK", "SERVICE", "REVISION", "STATUS", "HEALTH", "ADDRESS", "AGE", "WHY IT STOPPED"}}
	for _, l := range lines {
		status := l.Status
		if l.Desired != "" && l.Desired != l.Status {
			status += "→" + l.Desired
		}
		t.add(l.ID[:min(12, len(l.ID))], cmp.Or(l.Service, "–"), l.TaskDefinition, status, dash(l.Health), cmp.Or(l.Address, "–"), client.Age(now.Sub(l.Created)), l.why())
	}
	return t.print(w)
}

// why a task stopped, with the containers that ended badly.
func (l taskLine) why() string {
	var parts []string
	if l.Reason != "" {
		parts = append(parts, l.Reason)
	}
	for _, k := range l.Containers {
		if k.Exit != nil && *k.Exit != 0 {
			parts = append(parts, fmt.Sprintf("%s: exit code %d", k.Name, *k.Exit))
		}
		if k.Reason != "" {
			parts = append(parts, k.Name+": "+k.Reason)
		}
	}
	return strings.Join(parts, "; ")
}

func dash(health string) string {
	if health == "" || health == "UNKNOWN" {
		return "–"
	}
	return health
}

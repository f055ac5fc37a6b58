package client

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/grue-ecs/grue/internal/session"
)

// Execution is a command to run in a container.
type Execution struct {
	Of        string // a service (name or ARN) or a task (id, its first 8 digits or more, or ARN)
	Index     int    // which of the service's running tasks, in the order of their start; 0 = the first
	Container string // "" = the task's only one
	Command   []string
	// Pipes asks for a command without a terminal; Amazon ECS knows none.
	Pipes          bool
	Stdout, Stderr io.Writer
}

// Executed is an open session.
type Executed struct {
	*session.Client
	ID   string
	Task string // id
	// Pipes tells whether the command has no terminal, Here whether the other end is
	// a grue, which tells exit codes.
	Pipes, Grue bool
}

// Execute opens a session with ExecuteCommand; its Run connects.
func (c *Client) Execute(ctx context.Context, e Execution) (*Executed, error) {
	task, err := c.executionTask(ctx, e)
	if err != nil {
		return nil, err
	}
	in := &ecs.ExecuteCommandInput{
		Cluster: &c.Cluster, Task: task.TaskArn, Command: aws.String(session.Quote(e.Command)), Interactive: true,
	}
	if e.Container != "" {
		in.Container = &e.Container
	}
	out, err := c.ECS.ExecuteCommand(ctx, in)
	if err != nil {
		return nil, executionHint(err)
	}
	if out.Session == nil {
		return nil, fmt.Errorf("%s opened no session", c.Where())
	}
	x := &Executed{ID: aws.ToString(out.Session.SessionId), Task: Last(aws.ToString(task.TaskArn)), Grue: c.Endpoint != "" && !amazon(aws.ToString(out.Session.StreamUrl))}
	x.Pipes = e.Pipes && x.Grue
	manager := ssm.NewFromConfig(c.Config, func(o *ssm.Options) { o.BaseEndpoint = c.Config.BaseEndpoint })
	x.Client = session.NewClient(session.ClientOptions{
		URL: aws.ToString(out.Session.StreamUrl), Token: aws.ToString(out.Session.TokenValue),
		Pipes: x.Pipes, Stdout: e.Stdout, Stderr: e.Stderr, HTTP: c.dialer(),
		Resume: func(ctx context.Context) (string, error) {
			out, err := manager.ResumeSession(ctx, &ssm.ResumeSessionInput{SessionId: &x.ID})
			if err != nil {
				return "", err
			}
			return aws.ToString(out.TokenValue), nil
		},
	})
	return x, nil
}

// executionTask finds the task that is meant.
func (c *Client) executionTask(ctx context.Context, e Execution) (*types.Task, error) {
	if taskForm.MatchString(e.Of) || strings.Contains(e.Of, ":task/") {
		return c.Task(ctx, e.Of)
	}
	all, err := c.Tasks(ctx, e.Of, false)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t types.Task) bool { return aws.ToString(t.LastStatus) != "RUNNING" })
	slices.SortStableFunc(all, func(a, b types.Task) int { return aws.ToTime(a.StartedAt).Compare(aws.ToTime(b.StartedAt)) })
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("no task of %s is running; 'grue tasks %s' tells why", e.Of, e.Of)
	case e.Index < 0 || e.Index > len(all):
		return nil, UsageError(fmt.Sprintf("--index must be between 1 and %d, for so many tasks of %s are running; it was %d", len(all), e.Of, e.Index))
	}
	return &all[max(e.Index, 1)-1], nil
}

// executionHint adds to ECS's sentence how a task gets what is missing.
func executionHint(err error) error {
	if strings.Contains(err.Error(), "execute command was not enabled") {
		return fmt.Errorf("%w\nA service gets it by: aws ecs update-service --service NAME --enable-execute-command --force-new-deployment", Explain(err))
	}
	return err
}

// amazon tells whether a data channel is Amazon's.
func amazon(stream string) bool {
	u, err := url.Parse(stream)
	return err == nil && (strings.HasSuffix(u.Hostname(), ".amazonaws.com") || strings.HasSuffix(u.Hostname(), ".amazonaws.com.cn"))
}

// dialer is the HTTP client for WebSockets, which want HTTP/1.1; it trusts whom
// the clients of services trust.
func (c *Client) dialer() *http.Client {
	x, ok := c.Config.HTTPClient.(*caller)
	if !ok {
		return http.DefaultClient
	}
	b, ok := x.next.(*awshttp.BuildableClient)
	if !ok {
		return http.DefaultClient
	}
	t := b.GetTransport()
	t.ForceAttemptHTTP2, t.TLSNextProto = false, map[string]func(string, *tls.Conn) http.RoundTripper{}
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	return &http.Client{Transport: t}
}

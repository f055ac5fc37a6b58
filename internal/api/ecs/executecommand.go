package ecs

import (
	"context"
	"errors"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/console"
	"github.com/grue-ecs/grue/internal/session"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/wire"
)

// noAgent is ECS's sentence for a task that was run without enableExecuteCommand,
// and for a container that is not running yet.
const noAgent = "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again."

// ExecuteCommand opens a session with a command in a running container. The client
// connects to the session's streamUrl with its token, once and within a minute.
// There is no agent in the container and no task role is needed; who may call is
// all that is checked.
func (s *Service) ExecuteCommand(ctx context.Context, in *sdk.ExecuteCommandInput) (*sdk.ExecuteCommandOutput, error) {
	command, err := checkCommand(in)
	if err != nil {
		return nil, err
	}
	var t *state.Task
	var c *state.Container
	req := console.Request{Command: command}
	err = s.view(ctx, func(r *request) error {
		cluster, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		if t, c, err = r.execTarget(cluster.Name, get(in.Task), get(in.Container)); err != nil {
			return err
		}
		req.Target = console.Target{Scope: r.Scope, Cluster: cluster.Name, Task: t.ID, Container: c.Name}
		req.Caller, req.LogGroup = r.caller.ARN, transcriptGroup(cluster, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.o.Session == nil {
		return nil, wire.Errorf("TargetNotConnectedException", "The execute command failed due to an internal error. Try again later.")
	}
	id, token, err := s.o.Session(req)
	switch {
	case errors.Is(err, console.ErrTooMany):
		return nil, clientError("%s", err)
	case errors.Is(err, console.ErrNoLogGroup):
		return nil, invalid("The execute command failed because the log group %s of the cluster's executeCommandConfiguration does not exist. Create it and try again.", req.LogGroup)
	case err != nil:
		return nil, err
	}
	return &sdk.ExecuteCommandOutput{
		ClusterArn: ptr(req.Scope.Cluster(req.Cluster)), TaskArn: ptr(t.ARN()), ContainerName: &c.Name,
		ContainerArn: ptr(req.Scope.Container(req.Cluster, t.ID, c.UUID)), Interactive: true,
		Session: &types.Session{SessionId: &id, TokenValue: &token, StreamUrl: ptr(console.StreamURL(wire.CallerFrom(ctx).Endpoint, id))},
	}, nil
}

// checkCommand splits the command into words, as the agent of AWS does.
func checkCommand(in *sdk.ExecuteCommandInput) ([]string, error) {
	if get(in.Task) == "" {
		return nil, invalid("Task can not be blank.")
	}
	if get(in.Command) == "" {
		return nil, invalid("Command can not be blank.")
	}
	if !in.Interactive {
		return nil, invalid("Interactive is the only mode supported currently.")
	}
	words, err := session.Words(*in.Command)
	switch {
	case err != nil:
		return nil, invalid("The command cannot be split into words: %s.", err)
	case len(words) == 0:
		return nil, invalid("Command can not be blank.")
	}
	return words, nil
}

// execTarget finds the container of a session; its name may be left out where the
// task has one container.
func (r *request) execTarget(cluster, task, container string) (*state.Task, *state.Container, error) {
	t, ok := r.task(cluster, task)
	switch {
	case !ok:
		return nil, nil, invalid("The referenced task was not found.")
	case t.LastStatus == stopped || t.LastStatus == "DEPROVISIONING":
		return nil, nil, invalid("The execute command failed because the task is not running: its last status is %s.", t.LastStatus)
	case !t.ExecuteCommand:
		return nil, nil, invalid("%s", noAgent)
	}
	if container == "" && len(t.Containers) > 1 {
		names := make([]string, len(t.Containers))
		for i := range t.Containers {
			names[i] = t.Containers[i].Name
		}
		return nil, nil, invalid("The task has several containers: name one of %s.", strings.Join(names, ", "))
	}
	for i := range t.Containers {
		c := &t.Containers[i]
		if container != "" && c.Name != container {
			continue
		}
		if c.Status != running {
			return nil, nil, invalid("%s", noAgent)
		}
		return t, c, nil
	}
	return nil, nil, invalid("The container %s was not found in the task.", clip(container))
}

// transcriptGroup is the log group that gets a copy of a session's output: the
// cluster's, with OVERRIDE, or the container's own, with DEFAULT.
func transcriptGroup(cluster *state.Cluster, c *state.Container) string {
	var conf *types.ExecuteCommandConfiguration
	if cluster.Body.V.Configuration != nil {
		conf = cluster.Body.V.Configuration.ExecuteCommandConfiguration
	}
	switch {
	case conf == nil || conf.Logging == "" || conf.Logging == types.ExecuteCommandLoggingDefault:
		return c.LogGroup
	case conf.Logging == types.ExecuteCommandLoggingOverride && conf.LogConfiguration != nil:
		return get(conf.LogConfiguration.CloudWatchLogGroupName)
	}
	return ""
}

// checkExecConfiguration holds ECS's rules for a cluster's executeCommandConfiguration.
func checkExecConfiguration(c *types.ClusterConfiguration) error {
	if c == nil || c.ExecuteCommandConfiguration == nil {
		return nil
	}
	conf := c.ExecuteCommandConfiguration
	if err := oneOf("logging", conf.Logging, conf.Logging.Values()); err != nil {
		return err
	}
	override := conf.Logging == types.ExecuteCommandLoggingOverride
	switch {
	case override && conf.LogConfiguration == nil:
		return invalid("logConfiguration must be specified when logging is OVERRIDE.")
	case !override && conf.LogConfiguration != nil:
		return invalid("logConfiguration may be specified only when logging is OVERRIDE.")
	}
	return nil
}

// execAgent is what stands for ECS's agent in a container: it runs when the
// container does.
func execAgent(c *state.Container) types.ManagedAgent {
	a := types.ManagedAgent{Name: types.ManagedAgentNameExecuteCommandAgent, LastStatus: ptr("PENDING"), LastStartedAt: at(c.Started)}
	switch c.Status {
	case running, stopped:
		a.LastStatus = &c.Status
	}
	return a
}

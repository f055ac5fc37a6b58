package ecs

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
)

// DescribeTasks describes up to a hundred tasks.
func (s *Service) DescribeTasks(ctx context.Context, in *sdk.DescribeTasksInput) (*sdk.DescribeTasksOutput, error) {
	if err := batch("Tasks", len(in.Tasks), 100); err != nil {
		return nil, err
	}
	for _, f := range in.Include {
		if err := oneOf("include", f, f.Values()); err != nil {
			return nil, err
		}
	}
	tags := slices.Contains(in.Include, types.TaskFieldTags)
	out := &sdk.DescribeTasksOutput{Tasks: make([]types.Task, 0, len(in.Tasks)), Failures: []types.Failure{}}
	return out, s.view(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		for _, ref := range in.Tasks {
			t, ok := r.task(c.Name, ref)
			if !ok {
				out.Failures = append(out.Failures, missing(r.arnOf("task", c.Name, ref)))
				continue
			}
			out.Tasks = append(out.Tasks, s.taskView(r, t, tags))
		}
		return nil
	})
}

// ListTasks lists the ARNs of tasks by desired status and further filters.
func (s *Service) ListTasks(ctx context.Context, in *sdk.ListTasksInput) (*sdk.ListTasksOutput, error) {
	if err := checkListTasks(in); err != nil {
		return nil, err
	}
	arns := []string{}
	if err := s.view(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		if in.ContainerInstance != nil && !s.isInstance(r, c.Name, *in.ContainerInstance) {
			return invalid("The container instance '%s' was not found.", clip(*in.ContainerInstance))
		}
		tasks, err := r.candidates(c.Name, in.ServiceName)
		for _, t := range tasks {
			if listed(t, in) {
				arns = append(arns, t.ARN())
			}
		}
		return err
	}); err != nil {
		return nil, err
	}
	page, next, err := pageARNs(arns, in.NextToken, in.MaxResults, 100)
	return &sdk.ListTasksOutput{TaskArns: page, NextToken: next}, err
}

func checkListTasks(in *sdk.ListTasksInput) error {
	if err := oneOf("desiredStatus", in.DesiredStatus, in.DesiredStatus.Values()); err != nil {
		return err
	}
	if err := oneOf("launchType", in.LaunchType, in.LaunchType.Values()); err != nil {
		return err
	}
	if in.StartedBy != nil && (in.ServiceName != nil || in.Family != nil || in.ContainerInstance != nil) {
		return invalid("cannot specify startedBy with serviceName, family or containerInstance.")
	}
	if in.DaemonName != nil {
		return unsupported("daemonName: managed daemons are not available in this version of grue.")
	}
	return nil
}

// candidates are the tasks of a service, or all of a cluster.
func (r *request) candidates(cluster string, service *string) ([]*state.Task, error) {
	if service != nil {
		svc, ok := r.service(cluster, *service)
		if !ok {
			return nil, noService()
		}
		return state.TasksOf(r.Tx, svc), nil
	}
	var out []*state.Task
	for _, t := range state.Tasks.Prefix(r.Tx, state.TaskKey(r.Scope, cluster, "")) {
		out = append(out, t)
	}
	return out, nil
}

// listed applies the filters of ListTasks. A task is listed by what it shall be,
// so a PENDING one is found under RUNNING.
func listed(t *state.Task, in *sdk.ListTasksInput) bool {
	desired := string(in.DesiredStatus)
	if desired == "" {
		desired = running
	}
	switch {
	case t.DesiredStatus != desired,
		in.StartedBy != nil && t.StartedBy != *in.StartedBy,
		in.LaunchType != "" && (t.LaunchType != string(in.LaunchType) || t.CapacityProvider != ""),
		in.ContainerInstance != nil && onFargate(t):
		return false
	}
	return in.Family == nil || familyOf(t.TaskDefinition) == *in.Family
}

// familyOf is the family in a task definition's ARN.
func familyOf(definition string) string {
	name := definition[strings.LastIndexByte(definition, '/')+1:]
	family, _, _ := strings.Cut(name, ":")
	return family
}

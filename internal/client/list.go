package client

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Services describes all services of the cluster, by name.
func (c *Client) Services(ctx context.Context) ([]types.Service, error) {
	var all []types.Service
	pages := ecs.NewListServicesPaginator(c.ECS, &ecs.ListServicesInput{Cluster: &c.Cluster, MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for some := range slices.Chunk(page.ServiceArns, 10) {
			out, err := c.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &c.Cluster, Services: some})
			if err != nil {
				return nil, err
			}
			all = append(all, out.Services...)
		}
	}
	slices.SortFunc(all, func(a, b types.Service) int { return compare(a.ServiceName, b.ServiceName) })
	return all, nil
}

func compare(a, b *string) int {
	switch x, y := aws.ToString(a), aws.ToString(b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// Tasks describes the tasks of a service, or with "" of the cluster, newest
// first; on demand also those that stopped, as long as ECS remembers them.
func (c *Client) Tasks(ctx context.Context, service string, stopped bool) ([]types.Task, error) {
	in := &ecs.ListTasksInput{Cluster: &c.Cluster}
	if service != "" {
		s, err := c.Service(ctx, service)
		if err != nil {
			return nil, err
		}
		in.ServiceName = s.ServiceName
	}
	wanted := []types.DesiredStatus{types.DesiredStatusRunning}
	if stopped {
		wanted = append(wanted, types.DesiredStatusStopped)
	}
	seen := map[string]types.Task{} // one that stops between the two calls is in both
	for _, in.DesiredStatus = range wanted {
		pages := ecs.NewListTasksPaginator(c.ECS, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			some, err := c.describe(ctx, page.TaskArns)
			if err != nil {
				return nil, err
			}
			for _, task := range some {
				seen[aws.ToString(task.TaskArn)] = task
			}
		}
	}
	newest := func(a, b types.Task) int {
		return cmp.Or(aws.ToTime(b.CreatedAt).Compare(aws.ToTime(a.CreatedAt)), cmp.Compare(aws.ToString(a.TaskArn), aws.ToString(b.TaskArn)))
	}
	return slices.SortedFunc(maps.Values(seen), newest), nil
}

// describe tasks, at most a page of them.
func (c *Client) describe(ctx context.Context, arns []string) ([]types.Task, error) {
	if len(arns) == 0 {
		return nil, nil
	}
	out, err := c.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &c.Cluster, Tasks: arns})
	if err != nil {
		return nil, err
	}
	return out.Tasks, nil
}

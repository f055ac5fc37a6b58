package client

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Task describes one task, by ARN, id, or the beginning of its id.
func (c *Client) Task(ctx context.Context, id string) (*types.Task, error) {
	missing := fmt.Errorf("there is no task %s in cluster %s at %s; 'grue tasks' lists those there are", id, Last(c.Cluster), c.Where())
	if strings.HasPrefix(id, "arn:") || len(id) == 32 {
		out, err := c.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &c.Cluster, Tasks: []string{id}})
		if err != nil {
			return nil, err
		}
		if len(out.Tasks) == 0 {
			return nil, missing
		}
		return &out.Tasks[0], nil
	}
	all, err := c.Tasks(ctx, "", true)
	if err != nil {
		return nil, err
	}
	var found []types.Task
	for _, t := range all {
		if strings.HasPrefix(Last(aws.ToString(t.TaskArn)), id) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return nil, missing
	case 1:
		return &found[0], nil
	}
	return nil, fmt.Errorf("%d tasks begin with %s: give more of the id", len(found), id)
}

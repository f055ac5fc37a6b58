package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// ownRevision is the number of the service revision that this task belongs to. The
// metadata endpoint knows the task, ECS knows that its deployment ecs-svc/N started
// it, and N is the number at the end of the service revision's ARN, too.
func ownRevision(ctx context.Context, client *ecs.Client) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("ECS_CONTAINER_METADATA_URI_V4")+"/task", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var own struct{ Cluster, TaskARN string }
	if err := json.NewDecoder(resp.Body).Decode(&own); err != nil {
		return "", fmt.Errorf("task metadata: %w", err)
	}
	out, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &own.Cluster, Tasks: []string{own.TaskARN}})
	if err != nil {
		return "", err
	}
	if len(out.Tasks) != 1 {
		return "", fmt.Errorf("ECS does not know task %s", own.TaskARN)
	}
	startedBy := aws.ToString(out.Tasks[0].StartedBy)
	number, ok := strings.CutPrefix(startedBy, "ecs-svc/")
	if !ok {
		return "", fmt.Errorf("task %s was started by %q, not by a service", own.TaskARN, startedBy)
	}
	return number, nil
}

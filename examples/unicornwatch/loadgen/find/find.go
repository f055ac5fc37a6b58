// Package find finds the traffic generator by way of ECS: nothing else knows the
// address of a service that exposes nothing.
package find

import (
	"context"
	"errors"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/examples/unicornwatch/load"
)

// ErrNone says that no task of the generator is ready yet.
var ErrNone = errors.New("no task of the traffic generator is ready")

// Generator returns the generator, a running task of a service.
func Generator(ctx context.Context, client *ecs.Client, cluster, service string) (load.Remote, error) {
	list, err := client.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster, ServiceName: &service})
	var unknown *types.ServiceNotFoundException
	if errors.As(err, &unknown) {
		return load.Remote{}, ErrNone
	}
	if err != nil {
		return load.Remote{}, err
	}
	if len(list.TaskArns) == 0 {
		return load.Remote{}, ErrNone
	}
	out, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: list.TaskArns})
	if err != nil {
		return load.Remote{}, err
	}
	for _, task := range out.Tasks {
		if ip := address(task); aws.ToString(task.LastStatus) == "RUNNING" && ip != "" && listens(ctx, ip+":9000") {
			return load.Remote{Address: ip + ":9000"}, nil
		}
	}
	return load.Remote{}, ErrNone
}

// listens tells whether a task that runs has come as far as that.
func listens(ctx context.Context, address string) bool {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

func address(task types.Task) string {
	for _, a := range task.Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "privateIPv4Address" {
				return aws.ToString(d.Value)
			}
		}
	}
	return ""
}

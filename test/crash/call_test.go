package crash

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// insist makes a call again that failed. The SDK does so, too, but not when the
// server died in the middle of an answer.
func insist[T any](t *testing.T, call func() (T, error)) T {
	t.Helper()
	for n := 1; ; n++ {
		out, err := call()
		if err == nil {
			return out
		}
		if n == 3 {
			t.Fatal(err)
		}
	}
}

// update deploys an image.
func (r *rig) update(t *testing.T, image string) {
	t.Helper()
	in := &ecs.UpdateServiceInput{Service: &r.svc.Name, TaskDefinition: r.svc.Define(t, image)}
	insist(t, func() (*ecs.UpdateServiceOutput, error) { return r.g.ECS().UpdateService(context.Background(), in) })
}

// newest is the newest service deployment.
func (r *rig) newest(t *testing.T) types.ServiceDeployment {
	t.Helper()
	list := insist(t, func() (*ecs.ListServiceDeploymentsOutput, error) {
		return r.g.ECS().ListServiceDeployments(context.Background(), &ecs.ListServiceDeploymentsInput{Service: &r.svc.Name})
	})
	if len(list.ServiceDeployments) == 0 {
		t.Fatal("the service has no service deployment")
	}
	in := &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*list.ServiceDeployments[0].ServiceDeploymentArn}}
	return insist(t, func() (*ecs.DescribeServiceDeploymentsOutput, error) {
		return r.g.ECS().DescribeServiceDeployments(context.Background(), in)
	}).ServiceDeployments[0]
}

// deployments counts the service deployments so far.
func (r *rig) deployments(t *testing.T) (n int) {
	t.Helper()
	in := &ecs.ListServiceDeploymentsInput{Service: &r.svc.Name, MaxResults: aws.Int32(100)}
	for {
		page := insist(t, func() (*ecs.ListServiceDeploymentsOutput, error) {
			return r.g.ECS().ListServiceDeployments(context.Background(), in)
		})
		n += len(page.ServiceDeployments)
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return n
		}
	}
}

package crash

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"
)

// must fails the test when a call failed. Lost connections are no failure: the clients
// of package harness make such calls again.
func must[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// told fails the test when a call got no answer. Its answer does not count: the call
// whose answer was lost is made again, and may find its work done.
func told[T any](t *testing.T, _ T, err error) {
	t.Helper()
	var answer smithy.APIError
	if err != nil && !errors.As(err, &answer) {
		t.Fatal(err)
	}
}

// update deploys an image.
func (r *rig) update(t *testing.T, image string) {
	t.Helper()
	in := &ecs.UpdateServiceInput{Service: &r.svc.Name, TaskDefinition: r.svc.Define(t, image)}
	must(r.g.ECS().UpdateService(context.Background(), in))(t)
}

// deployments counts the service deployments so far.
func (r *rig) deployments(t *testing.T) (n int) {
	t.Helper()
	in := &ecs.ListServiceDeploymentsInput{Service: &r.svc.Name, MaxResults: aws.Int32(100)}
	for {
		page := must(r.g.ECS().ListServiceDeployments(context.Background(), in))(t)
		n += len(page.ServiceDeployments)
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return n
		}
	}
}

//go:build slow && linux

package browser

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// many is how many services a page must bear.
const many = 1000

// newCrowd starts a grue that runs nothing, with many services, while the rest is
// looked at: what it returns waits for the last of them and is the address.
func newCrowd(t *testing.T) func() string {
	t.Helper()
	g := harness.Start(t, "--runtime", "fake")
	ctx, c := context.Background(), g.ECS()
	must(c.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("crowd")}))(t)
	must(c.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("one"), NetworkMode: types.NetworkModeAwsvpc, RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		Cpu: aws.String("256"), Memory: aws.String("512"), ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("example/app:v1")}},
	}))(t)
	subnets := g.Subnets(t)[:1]
	var wg sync.WaitGroup
	failed := make([]error, 4)
	for part := range failed {
		wg.Go(func() {
			for i := part; i < many && failed[part] == nil; i += len(failed) {
				_, failed[part] = c.CreateService(ctx, &ecs.CreateServiceInput{
					Cluster: aws.String("crowd"), ServiceName: aws.String(fmt.Sprintf("service-%04d", i)), TaskDefinition: aws.String("one"), DesiredCount: aws.Int32(0),
					LaunchType: types.LaunchTypeFargate, NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: subnets}},
				})
			}
		})
	}
	t.Cleanup(wg.Wait)
	return func() string {
		t.Helper()
		wg.Wait()
		for _, err := range failed {
			if err != nil {
				t.Fatal(err)
			}
		}
		return g.URL()
	}
}

package revision

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

func TestValues(t *testing.T) {
	before := &ecs.DeploymentConfiguration{Strategy: ecs.DeploymentStrategyRolling, MaximumPercent: aws.Int32(200)}
	after := &ecs.DeploymentConfiguration{
		Strategy: ecs.DeploymentStrategyCanary, MaximumPercent: aws.Int32(200),
		CanaryConfiguration: &ecs.CanaryConfiguration{CanaryPercent: aws.Float64(5)},
	}
	want := []Difference{
		{"deploymentConfiguration.canaryConfiguration", nil, aws.String(`{"canaryPercent":5}`)},
		{"deploymentConfiguration.strategy", aws.String("ROLLING"), aws.String("CANARY")},
	}
	if diff := cmp.Diff(want, Values("deploymentConfiguration", before, after)); diff != "" {
		t.Error(diff)
	}
	if got := Values("", before, before); got != nil {
		t.Errorf("equal values differ: %v", got)
	}
}

package change

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

func TestBack(t *testing.T) {
	lb := []types.LoadBalancer{{TargetGroupArn: aws.String("a")}}
	former := &types.ServiceRevision{TaskDefinition: aws.String("web:1"), LaunchType: "FARGATE", LoadBalancers: lb, PlatformVersion: aws.String("1.4.0")}
	same := *former
	same.TaskDefinition = aws.String("web:2")
	in, cannot := Back(&same, former)
	if Same(&same, former) || !Same(former, former) {
		t.Error("Same is wrong")
	}
	if aws.ToString(in.TaskDefinition) != "web:1" || in.LoadBalancers != nil || in.PlatformVersion != nil || cannot != nil {
		t.Errorf("nothing but the definition differs: %+v %v", in, cannot)
	}
	other := same
	other.LoadBalancers, other.LaunchType = nil, "EC2"
	other.ServiceRegistries = []types.ServiceRegistry{{}}
	other.ServiceConnectConfiguration = &types.ServiceConnectConfiguration{Enabled: true}
	in, cannot = Back(&other, former)
	if len(in.LoadBalancers) != 1 || in.ServiceRegistries == nil || len(in.ServiceRegistries) != 0 || in.ServiceConnectConfiguration == nil || in.ServiceConnectConfiguration.Enabled {
		t.Errorf("restored: %+v", in)
	}
	if got := strings.Join(cannot, "; "); got != "launchType (FARGATE then, EC2 now)" {
		t.Errorf("cannot: %s", got)
	}
}

func TestPins(t *testing.T) {
	image := func(container, image, digest string) types.ContainerImage {
		return types.ContainerImage{ContainerName: &container, Image: &image, ImageDigest: aws.String(digest)}
	}
	pins, unknown := Pins(&types.ServiceRevision{ContainerImages: []types.ContainerImage{
		image("kept", "r.io:5000/kept:v1", "sha256:1"),
		image("moved", "r.io:5000/moved:latest", "sha256:2"),
		image("untagged", "r.io:5000/untagged", "sha256:3"),
		image("pinned", "r.io/pinned@sha256:4", "sha256:4"),
		image("lost", "r.io/lost:v1", "sha256:5"),
		{ContainerName: aws.String("never started"), Image: aws.String("r.io/x:1")},
	}}, func(image string) (string, error) {
		switch {
		case strings.Contains(image, "kept"):
			return "sha256:1", nil
		case strings.Contains(image, "lost"):
			return "", errors.New("no such tag")
		}
		return "sha256:9", nil
	})
	want := []Image{{"moved", "r.io:5000/moved@sha256:2"}, {"untagged", "r.io:5000/untagged@sha256:3"}}
	if diff := cmp.Diff(want, pins); diff != "" {
		t.Error(diff)
	}
	if len(unknown) != 1 || unknown[0] != "r.io/lost:v1: no such tag" {
		t.Errorf("unknown: %q", unknown)
	}
}

func TestMinutes(t *testing.T) {
	for text, want := range map[string]int32{"0": 0, "5": 5, "5m": 5, "1h30m": 90, "0s": 0} {
		if got, err := Minutes(text); err != nil || got != want {
			t.Errorf("%s: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "30s", "5 m", "x", "-5m"} {
		if _, err := Minutes(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	if s, err := StrategyNamed("blue-Green"); err != nil || s != types.DeploymentStrategyBlueGreen {
		t.Errorf("%s %v", s, err)
	}
	if _, err := StrategyNamed("fast"); err == nil {
		t.Error("a strategy fast was accepted")
	}
}

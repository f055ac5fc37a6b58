package revision

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// base is a revision with a bit of everything.
func base() Subject {
	return Subject{
		Revision: ecs.ServiceRevision{
			ServiceRevisionArn: aws.String("arn:aws:ecs:r:1:service-revision/c/web/1"),
			TaskDefinition:     aws.String("arn:aws:ecs:r:1:task-definition/web:1"),
			LaunchType:         ecs.LaunchTypeFargate,
			ContainerImages:    []ecs.ContainerImage{{ContainerName: aws.String("web"), Image: aws.String("web:v1"), ImageDigest: aws.String("sha256:aa")}},
			LoadBalancers: []ecs.LoadBalancer{{
				ContainerName: aws.String("web"), ContainerPort: aws.Int32(80), TargetGroupArn: aws.String("arn:aws:elasticloadbalancing:r:1:targetgroup/blue/01"),
			}},
			NetworkConfiguration: &ecs.NetworkConfiguration{AwsvpcConfiguration: &ecs.AwsVpcConfiguration{Subnets: []string{"subnet-a", "subnet-b"}}},
		},
		Definition: &ecs.TaskDefinition{
			Family: aws.String("web"), Revision: 1, Cpu: aws.String("256"), Memory: aws.String("512"),
			ContainerDefinitions: []ecs.ContainerDefinition{
				{
					Name: aws.String("web"), Image: aws.String("web:v1"), Command: []string{"serve", "--fast"}, Essential: aws.Bool(true),
					Environment:      []ecs.KeyValuePair{{Name: aws.String("COLOR"), Value: aws.String("blue")}, {Name: aws.String("MODE"), Value: aws.String("a")}},
					PortMappings:     []ecs.PortMapping{{ContainerPort: aws.Int32(80), Protocol: ecs.TransportProtocolTcp}},
					LogConfiguration: &ecs.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{"awslogs-group": "/web"}},
				},
				{Name: aws.String("side"), Image: aws.String("side:v1")},
			},
		},
	}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Subject)
		want   []string
	}{
		{"nothing", func(*Subject) {}, nil},
		{"who, when and which one", func(s *Subject) {
			s.Revision.ServiceRevisionArn = aws.String("other")
			s.Definition.Revision, s.Definition.Status = 2, ecs.TaskDefinitionStatusInactive
			s.Revision.ResolvedConfiguration = &ecs.ResolvedConfiguration{LoadBalancers: []ecs.ServiceRevisionLoadBalancer{{TargetGroupArn: aws.String("x")}}}
		}, nil},
		{
			"another definition", func(s *Subject) { s.Revision.TaskDefinition = aws.String("arn:aws:ecs:r:1:task-definition/web:2") },
			[]string{"taskDefinition: web:1 -> web:2"},
		},
		{
			"a tag that moved", func(s *Subject) { s.Revision.ContainerImages[0].ImageDigest = aws.String("sha256:bb") },
			[]string{"containerDefinitions[web].image: web:v1@sha256:aa -> web:v1@sha256:bb"},
		},
		{"environment in another order", func(s *Subject) { slices.Reverse(s.Definition.ContainerDefinitions[0].Environment) }, nil},
		{"containers in another order", func(s *Subject) { slices.Reverse(s.Definition.ContainerDefinitions) }, nil},
		{"subnets in another order", func(s *Subject) { slices.Reverse(s.Revision.NetworkConfiguration.AwsvpcConfiguration.Subnets) }, nil},
		{
			"a command in another order", func(s *Subject) { slices.Reverse(s.Definition.ContainerDefinitions[0].Command) },
			[]string{`containerDefinitions[web].command: ["serve","--fast"] -> ["--fast","serve"]`},
		},
		{"variables", func(s *Subject) {
			e := s.Definition.ContainerDefinitions[0].Environment
			e[0].Value, e[1].Name = aws.String("<green>"), aws.String("NEW")
		}, []string{
			"containerDefinitions[web].environment[COLOR]: blue -> <green>",
			"containerDefinitions[web].environment[MODE]: a -> (absent)",
			"containerDefinitions[web].environment[NEW]: (absent) -> a",
		}},
		{"an empty variable is not an absent one", func(s *Subject) {
			c := &s.Definition.ContainerDefinitions[0]
			c.Environment = append(c.Environment, ecs.KeyValuePair{Name: aws.String("EMPTY"), Value: aws.String("")})
		}, []string{"containerDefinitions[web].environment[EMPTY]: (absent) -> "}},
		{
			"a container less", func(s *Subject) { s.Definition.ContainerDefinitions = s.Definition.ContainerDefinitions[:1] },
			[]string{`containerDefinitions[side]: {"image":"side:v1","name":"side"} -> (absent)`},
		},
		{"log options", func(s *Subject) {
			s.Definition.ContainerDefinitions[0].LogConfiguration.Options = map[string]string{"awslogs-group": "/other"}
		}, []string{"containerDefinitions[web].logConfiguration.options[awslogs-group]: /web -> /other"}},
		{"a health check where there was none", func(s *Subject) {
			s.Definition.ContainerDefinitions[1].HealthCheck = &ecs.HealthCheck{Command: []string{"CMD", "true"}}
		}, []string{`containerDefinitions[side].healthCheck: (absent) -> {"command":["CMD","true"]}`}},
		{"size and service", func(s *Subject) {
			s.Definition.Cpu = aws.String("512")
			s.Revision.LaunchType = ecs.LaunchTypeExternal
			s.Revision.LoadBalancers[0].TargetGroupArn = aws.String("arn:aws:elasticloadbalancing:r:1:targetgroup/green/02")
			s.Revision.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{"subnet-c"}
		}, []string{
			"cpu: 256 -> 512",
			"launchType: FARGATE -> EXTERNAL",
			`loadBalancers[web/80/blue]: {"containerName":"web","containerPort":80,"targetGroupArn":"arn:aws:elasticloadbalancing:r:1:targetgroup/blue/01"} -> (absent)`,
			`loadBalancers[web/80/green]: (absent) -> {"containerName":"web","containerPort":80,"targetGroupArn":"arn:aws:elasticloadbalancing:r:1:targetgroup/green/02"}`,
			`networkConfiguration.awsvpcConfiguration.subnets: ["subnet-a","subnet-b"] -> ["subnet-c"]`,
		}},
		{"a definition that was deleted", func(s *Subject) {
			s.Definition = nil
			s.Revision.ContainerImages[0].ImageDigest = aws.String("sha256:bb")
		}, []string{"containerImages[web].image: web:v1@sha256:aa -> web:v1@sha256:bb"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			after := base()
			c.change(&after)
			var got []string
			for _, d := range Compare(base(), after) {
				got = append(got, fmt.Sprintf("%s: %s -> %s", d.Path, show(d.Before), show(d.After)))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

func show(s *string) string {
	if s == nil {
		return "(absent)"
	}
	return *s
}

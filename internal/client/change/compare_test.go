package change

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/grue-ecs/grue/internal/revision"
)

func TestCompare(t *testing.T) {
	rev := &types.ServiceRevision{
		TaskDefinition: aws.String("arn:aws:ecs:us-east-1:1:task-definition/web:7"), LaunchType: "FARGATE", PlatformVersion: aws.String("1.4.0"),
		ContainerImages:      []types.ContainerImage{{ContainerName: aws.String("app"), Image: aws.String("app:v1"), ImageDigest: aws.String("sha256:1")}},
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}, AssignPublicIp: "DISABLED"}},
	}
	digest := func(image string) string { return map[string]string{"app:v2": "sha256:2"}[image] }
	files := func(text string) func(*Wish) {
		f, err := read(t, text)
		if err != nil {
			t.Fatal(err)
		}
		return func(w *Wish) { w.Files = *f }
	}
	for _, c := range []struct {
		name string
		wish func(*Wish)
		want []string
	}{
		{name: "nothing", wish: func(*Wish) {}},
		{name: "the same in a file", wish: files(`{"desiredCount":2,"deploymentConfiguration":{"maximumPercent":200},"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}},"platformVersion":"LATEST"}`)},
		{
			name: "an image", wish: func(w *Wish) { w.Images = images(t, "app:v2"); w.Desired = aws.Int32(3) },
			want: []string{"taskDefinition: web:7 > web:(new)", "containerDefinitions[app].image: app:v1@sha256:1 > app:v2@sha256:2", "desiredCount: 2 > 3"},
		},
		{
			name: "a tag that moved", wish: func(w *Wish) { w.Force = true },
			want: []string{"containerDefinitions[app].image: app:v1@sha256:1 > app:v1"},
		},
		{
			name: "a strategy", wish: func(w *Wish) { w.Strategy = Strategy{Name: "ROLLING"} },
			want: []string{`deploymentConfiguration.canaryConfiguration: {"canaryBakeTimeInMinutes":4,"canaryPercent":20} > -`, "deploymentConfiguration.strategy: CANARY > ROLLING"},
		},
		{
			name: "a tag of the service", wish: files(`{"tags":[{"key":"team","value":"b"},{"key":"new","value":"x"}]}`),
			want: []string{"tags[team]: a > b", "tags[new]: - > x"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := now()
			p, err := wish(c.wish).Make(n)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, lines(p.Compare(n.Service, rev, n.Definition, digest))); diff != "" {
				t.Error(diff)
			}
		})
	}
	p, err := wish(files(strings.Replace(ecspressoService, "{", `{"taskDefinition":"web:7",`, 1))).Make(Now{Definition: now().Definition})
	if err != nil {
		t.Fatal(err)
	}
	if got := lines(p.Compare(nil, nil, nil, digest)); len(got) < 5 || !strings.Contains(strings.Join(got, "\n"), "desiredCount: - > 2") {
		t.Errorf("a new service: %q", got)
	}
}

func lines(list []revision.Difference) (out []string) {
	value := func(s *string) string {
		if s == nil {
			return "-"
		}
		return *s
	}
	for _, d := range list {
		out = append(out, fmt.Sprintf("%s: %s > %s", d.Path, value(d.Before), value(d.After)))
	}
	return out
}

package change

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

func TestParseImages(t *testing.T) {
	got, err := ParseImages([]string{"nginx:1.27", "app=127.0.0.1:4566/app:v2", "side=repo@sha256:" + strings.Repeat("a", 64)})
	want := []Image{{"", "nginx:1.27"}, {"app", "127.0.0.1:4566/app:v2"}, {"side", "repo@sha256:" + strings.Repeat("a", 64)}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for arg, want := range map[string]string{
		"":            "could not parse",
		"app=":        "could not parse",
		"a b=nginx":   "not the name of a container",
		"UPPER/Case":  "could not parse",
		"app=http://": "URL scheme",
	} {
		if _, err := ParseImages([]string{arg}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", arg, err)
		}
	}
}

func TestSetImages(t *testing.T) {
	for _, c := range []struct {
		name    string
		now     []string // CONTAINER=IMAGE
		say     []string
		want    []Swap
		refused string
	}{
		{name: "the only container", now: []string{"app=app:v1"}, say: []string{"other:v2"}, want: []Swap{{"app", "app:v1", "other:v2"}}},
		{name: "the one of that repository", now: []string{"app=r.io/app:v1", "log=r.io/log:v1"}, say: []string{"r.io/log:v2"}, want: []Swap{{"log", "r.io/log:v1", "r.io/log:v2"}}},
		{name: "short and long names are one repository", now: []string{"web=docker.io/library/nginx:1", "log=log:1"}, say: []string{"nginx:2"}, want: []Swap{{"web", "docker.io/library/nginx:1", "nginx:2"}}},
		{name: "named", now: []string{"app=app:v1", "log=log:v1"}, say: []string{"log=x:1", "app=y:1"}, want: []Swap{{"log", "log:v1", "x:1"}, {"app", "app:v1", "y:1"}}},
		{name: "the same", now: []string{"app=app:v1"}, say: []string{"app:v1"}},
		{name: "not clear", now: []string{"app=app:v1", "log=log:v1"}, say: []string{"new:v1"}, refused: "say --image CONTAINER=new:v1; the containers are app (app:v1), log (log:v1)"},
		{name: "not clear among two", now: []string{"a=app:v1", "b=app:v1"}, say: []string{"app:v2"}, refused: "not clear"},
		{name: "no such container", now: []string{"app=app:v1"}, say: []string{"web=app:v2"}, refused: "has no container web; it has app (app:v1)"},
		{name: "twice", now: []string{"app=app:v1"}, say: []string{"app=app:v2", "app:v3"}, refused: "names the container app twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var containers []types.ContainerDefinition
			for _, one := range c.now {
				name, image, _ := strings.Cut(one, "=")
				containers = append(containers, types.ContainerDefinition{Name: aws.String(name), Image: aws.String(image)})
			}
			images, err := ParseImages(c.say)
			if err != nil {
				t.Fatal(err)
			}
			got, err := SetImages(containers, images)
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("error %v", err)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

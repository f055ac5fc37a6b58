package registry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/registry"
)

func policy(rules ...string) string { return `{"rules":[` + strings.Join(rules, ",") + `]}` }

func rule(priority int, selection string) string {
	return fmt.Sprintf(`{"rulePriority":%d,"selection":{%s},"action":{"type":"expire"}}`, priority, selection)
}

func TestExpire(t *testing.T) {
	now := time.Now()
	img := func(name string, days int, tags ...string) *registry.Image {
		return &registry.Image{Digest: blob.Of([]byte(name)), ArtifactType: name, PushedAt: now.Add(-time.Duration(days)*24*time.Hour - time.Minute), Tags: tags}
	}
	index := img("index", 9, "all")
	index.Children = []blob.Digest{blob.Of([]byte("child"))}
	all := []*registry.Image{
		img("new", 0, "v3", "latest"), img("mid", 5, "v2"), img("old", 20, "v1", "prod"),
		img("loose", 3), img("looser", 30), index, img("child", 40),
	}
	for _, c := range []struct{ policy, want string }{
		{policy(rule(1, `"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14`)), "looser"},
		{policy(rule(1, `"tagStatus":"any","countType":"imageCountMoreThan","countNumber":3`)), "index looser old child"},
		{policy(rule(1, `"tagStatus":"tagged","tagPrefixList":["v"],"countType":"imageCountMoreThan","countNumber":1`)), "mid old"},
		{policy(rule(1, `"tagStatus":"tagged","tagPatternList":["v*","prod"],"countType":"sinceImagePushed","countUnit":"days","countNumber":1`)), "old"},
		{policy(rule(2, `"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1`), rule(1, `"tagStatus":"tagged","tagPatternList":["pro*"],"countType":"imageCountMoreThan","countNumber":1`)), "mid loose index old looser child"},
	} {
		rules, err := registry.ParseLifecycle(c.policy)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range registry.Expire(rules, all, now) {
			got = append(got, e.ArtifactType)
		}
		want := strings.Fields(c.want)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got %v\nwant %v", c.policy, got, want)
		}
	}
}

func FuzzParseLifecycle(f *testing.F) {
	f.Add(policy(rule(1, `"tagStatus":"any","countType":"imageCountMoreThan","countNumber":3`)))
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := registry.ParseLifecycle(text)
		if err == nil {
			registry.Expire(rules, []*registry.Image{{Digest: "x", Tags: []string{"a"}}}, time.Now())
		}
	})
}

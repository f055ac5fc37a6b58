package hook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/grue-ecs/grue/internal/deploy"
)

func tags(pairs ...string) (out []ecs.Tag) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, ecs.Tag{Key: aws.String(pairs[i]), Value: aws.String(pairs[i+1])})
	}
	return out
}

func TestTagHooks(t *testing.T) {
	got, err := TagHooks(tags(
		"Team", "x",
		"grue:hook:POST_PRODUCTION_TRAFFIC_SHIFT", "task:",
		"grue:hook:PRE_SCALE_UP:10", "https://h/ten?a=b&c",
		"grue:hook:PRE_SCALE_UP:2", "task:./migrate  up",
		"grue:hook:PRE_SCALE_UP", "http://h/first",
		"grue:hooks", "not one",
	))
	hook := func(stage deploy.Stage, target, details string) deploy.HookConfig {
		return deploy.HookConfig{Type: deploy.Lambda, Target: target, Stages: []deploy.Stage{stage}, Details: json.RawMessage(details)}
	}
	want := []deploy.HookConfig{
		hook(deploy.PreScaleUp, "http://h/first", `{"grue:url":"http://h/first"}`),
		hook(deploy.PreScaleUp, "task:./migrate up", `{"grue:task":{"command":["./migrate","up"]}}`),
		hook(deploy.PreScaleUp, "https://h/ten", `{"grue:url":"https://h/ten?a=b&c"}`),
		hook(deploy.PostProduction, "task", `{"grue:task":{}}`),
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if got, err := TagHooks(nil); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestTagHooksRefused(t *testing.T) {
	var many []string
	for n := range 10 {
		many = append(many, fmt.Sprintf("grue:hook:PRE_SCALE_UP:%d", n+1), "http://h")
	}
	for _, tt := range []struct {
		tags []ecs.Tag
		err  string
	}{
		{tags("grue:hook:", "http://h"), "names no lifecycle stage"},
		{tags("grue:hook:SCALE_UP", "http://h"), "names no lifecycle stage"},
		{tags("grue:hook:BAKE_TIME", "http://h"), "PRE_SCALE_UP, POST_SCALE_UP"},
		{tags("grue:hook:pre_scale_up", "http://h"), "names no lifecycle stage"},
		{tags("grue:hook:PRE_SCALE_UP:", "http://h"), "number from 1 to 10"},
		{tags("grue:hook:PRE_SCALE_UP:0", "http://h"), "number from 1 to 10"},
		{tags("grue:hook:PRE_SCALE_UP:11", "http://h"), "number from 1 to 10"},
		{tags("grue:hook:PRE_SCALE_UP:01", "http://h"), "number from 1 to 10"},
		{tags("grue:hook:PRE_SCALE_UP", ""), "must be a URL, or task:"},
		{tags("grue:hook:PRE_SCALE_UP", "./migrate"), "must be a URL, or task:"},
		{tags("grue:hook:PRE_SCALE_UP", "http://"), "cannot be used"},
		{tags(append(many, "grue:hook:POST_SCALE_UP", "http://h")...), "at most 10"},
	} {
		if _, err := TagHooks(tt.tags); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s=%s: %v", *tt.tags[0].Key, *tt.tags[0].Value, err)
		}
	}
	if list, err := TagHooks(tags(many...)); len(list) != 10 || err != nil {
		t.Errorf("ten hooks: %d, %v", len(list), err)
	}
}

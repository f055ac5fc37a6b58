package hook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
)

const (
	tagPrefix = "grue:hook:"
	// maxTagHooks bounds the hooks that tags add, and n in their names.
	maxTagHooks = 10
)

// hookable are the stages that have hooks.
var hookable = []deploy.Stage{
	deploy.ReconcileService, deploy.PreScaleUp, deploy.PostScaleUp, deploy.TestShift, deploy.PostTestShift,
	deploy.PreProductionShift, deploy.ProductionShift, deploy.PostProduction,
}

// TagHooks are the hooks that a service's tags add to its lifecycleHooks, for
// people who cannot edit those. The key is grue:hook:<STAGE>, or
// grue:hook:<STAGE>:<n> with n from 1 to 10 for several in one stage; the value is
// a URL, or "task:" and the words of a command ("task:" alone runs the task
// definition's own). They are ordered by stage and n. The error is a sentence.
func TagHooks(tags []ecs.Tag) ([]deploy.HookConfig, error) {
	type placed struct {
		stage, n int
		config   deploy.HookConfig
	}
	var list []placed
	for _, tag := range tags {
		key := aws.ToString(tag.Key)
		rest, ok := strings.CutPrefix(key, tagPrefix)
		if !ok {
			continue
		}
		name, number, numbered := strings.Cut(rest, ":")
		p := placed{stage: slices.Index(hookable, deploy.Stage(name))}
		if p.stage < 0 {
			return nil, fmt.Errorf("the tag %q names no lifecycle stage that has hooks; those are %s", key, stages())
		}
		if numbered {
			n, err := strconv.Atoi(number)
			if err != nil || n < 1 || n > maxTagHooks || strconv.Itoa(n) != number {
				return nil, fmt.Errorf("the tag %q must end with a number from 1 to %d", key, maxTagHooks)
			}
			p.n = n
		}
		details, err := tagDetails(aws.ToString(tag.Value))
		if err != nil {
			return nil, fmt.Errorf("the value of the tag %q %w", key, err)
		}
		p.config = deploy.HookConfig{Type: deploy.Lambda, Target: Name("", details), Stages: []deploy.Stage{hookable[p.stage]}, Details: details}
		list = append(list, p)
	}
	if len(list) > maxTagHooks {
		return nil, fmt.Errorf("a service can have at most %d tags that begin with %s; it has %d", maxTagHooks, tagPrefix, len(list))
	}
	slices.SortStableFunc(list, func(a, b placed) int { return (a.stage-b.stage)*(maxTagHooks+1) + a.n - b.n })
	var out []deploy.HookConfig
	for _, p := range list {
		out = append(out, p.config)
	}
	return out, nil
}

// tagDetails are the hookDetails that a tag's value means. The error completes a
// sentence that begins with the tag's name.
func tagDetails(value string) (json.RawMessage, error) {
	members := map[string]any{memberURL: value}
	if command, ok := strings.CutPrefix(value, "task:"); ok {
		task := map[string]any{}
		if words := strings.Fields(command); len(words) > 0 {
			task["command"] = words
		}
		members = map[string]any{memberTask: task}
	} else if !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "https://") {
		return nil, fmt.Errorf("must be a URL, or task: and a command")
	}
	doc, err := encode(members)
	if err != nil {
		return nil, err
	}
	if _, err := CheckDetails(doc); err != nil {
		return nil, fmt.Errorf("cannot be used: %w", err)
	}
	return doc, nil
}

func stages() string {
	names := make([]string, len(hookable))
	for i, s := range hookable {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

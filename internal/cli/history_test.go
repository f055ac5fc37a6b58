package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestPrevious: the way back leads to what was deployed successfully before the
// present revision came first, never to what failed or came later.
func TestPrevious(t *testing.T) {
	const good, bad = types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusRollbackSuccessful
	past := func(list ...types.ServiceDeploymentBrief) []types.ServiceDeploymentBrief { return list }
	d := func(revision string, s types.ServiceDeploymentStatus) types.ServiceDeploymentBrief {
		return types.ServiceDeploymentBrief{TargetServiceRevisionArn: &revision, Status: s}
	}
	for _, c := range []struct {
		name, now string
		past      []types.ServiceDeploymentBrief // newest first
		want      []string
	}{
		{name: "first", now: "1", past: past(d("1", good))},
		{name: "second", now: "2", past: past(d("2", good), d("1", good)), want: []string{"1"}},
		{name: "over a failure", now: "3", past: past(d("3", good), d("2", bad), d("1", good)), want: []string{"1"}},
		{name: "after a rollback", now: "2", past: past(d("3", bad), d("2", good), d("1", good)), want: []string{"1"}},
		{name: "present one failed and stayed", now: "2", past: past(d("2", types.ServiceDeploymentStatusStopped), d("1", good)), want: []string{"1"}},
		{name: "forgotten", now: "9", past: past(d("2", good), d("1", good)), want: []string{"2", "1"}},
		{name: "none succeeded", now: "2", past: past(d("2", bad), d("1", bad))},
	} {
		if got := previous(c.past, c.now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestPick(t *testing.T) {
	r := func(n, def string) *types.ServiceRevision {
		return &types.ServiceRevision{ServiceRevisionArn: aws.String("arn:service-revision/c/web/" + n), TaskDefinition: aws.String("arn:task-definition/" + def)}
	}
	known := []*types.ServiceRevision{r("30", "web:7"), r("20", "web:8"), r("10", "web:7")}
	for text, want := range map[string]int{"20": 1, "arn:service-revision/c/web/10": 2, "web:7": 0, "arn:task-definition/web:8": 1} {
		if got, err := pick(known, text); err != nil || got != known[want] {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	if _, err := pick(known, "web:9"); err == nil || !strings.Contains(err.Error(), "no revision web:9; it has 30 (web:7") {
		t.Errorf("%v", err)
	}
}

package blackbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwl "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

func logged(c types.ContainerDefinition, group string) types.ContainerDefinition {
	c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
		"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "pre",
	}}
	return c
}

// messages reads all events of a log group through FilterLogEvents' pages.
func messages(t testing.TB, g *harness.Grue, group string) (out []string) {
	t.Helper()
	c := cwl.NewFromConfig(g.Config())
	in := &cwl.FilterLogEventsInput{LogGroupName: &group}
	for {
		page, err := c.FilterLogEvents(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			out = append(out, *e.Message)
		}
		if page.NextToken == nil {
			return out
		}
		in.NextToken = page.NextToken
	}
}

// TestLogsSurviveKills: what a container prints arrives once and in order,
// although the server is killed again and again meanwhile.
func TestLogsSurviveKills(t *testing.T) {
	t.Parallel()
	g := grueFor(t)
	c := cwl.NewFromConfig(g.Config())
	if _, err := c.CreateLogGroup(context.Background(), &cwl.CreateLogGroupInput{LogGroupName: aws.String("/kills")}); err != nil {
		t.Fatal(err)
	}
	const lines = 2000
	task := g.RunTask(t, harness.TaskSpec{Family: "lines", Containers: []types.ContainerDefinition{
		logged(box("app", g.Guest(t, "v1", ""), fmt.Sprintf("err to stderr ; lines %d 1ms ; print the end ; exit 0", lines)), "/kills"),
	}})
	task.Running(t)
	for range 4 {
		n := len(messages(t, g, "/kills"))
		harness.Await(t, "more lines", func() bool { m := len(messages(t, g, "/kills")); return m > n || m >= lines+2 })
		g.Kill("server")
		g.Healthy()
	}
	if now := task.Stopped(t); *harness.Container(t, now, "app").ExitCode != 0 {
		t.Error(task.Story(t))
	}
	var got []string
	harness.Await(t, "the last line", func() bool {
		got = messages(t, g, "/kills")
		return len(got) >= lines+2 && slices.Contains(got, "the end")
	})
	if len(got) != lines+2 {
		t.Errorf("%d events, want %d", len(got), lines+2)
	}
	i := slices.Index(got, "to stderr") // the two outputs have no order between them
	if i < 0 {
		t.Fatal("standard error is lost")
	}
	got = slices.Delete(got, i, i+1)
	for i, m := range got[:len(got)-1] {
		if m != fmt.Sprintf("line %d", i) {
			t.Fatalf("event %d is %q", i, m)
		}
	}
	if last := got[len(got)-1]; last != "the end" {
		t.Errorf("the last event is %q", last)
	}
	streams, err := c.DescribeLogStreams(context.Background(), &cwl.DescribeLogStreamsInput{LogGroupName: aws.String("/kills")})
	if err != nil || len(streams.LogStreams) != 1 || *streams.LogStreams[0].LogStreamName != "pre/app/"+task.ID() {
		t.Errorf("streams %+v, %v", streams.LogStreams, err)
	}
}

// TestLogsOfShortTask: a container that ends at once still has its output kept.
func TestLogsOfShortTask(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	app := logged(box("app", g.Guest(t, "v1", ""), "print only words ; exit 0"), "/short")
	app.LogConfiguration.Options["awslogs-create-group"] = "true"
	task := g.RunTask(t, harness.TaskSpec{Family: "short", Containers: []types.ContainerDefinition{app}})
	task.Stopped(t)
	harness.Await(t, "the words", func() bool { return strings.Join(messages(t, g, "/short"), ",") == "only words" })
}

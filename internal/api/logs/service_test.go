package logs

import (
	"context"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cwl "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// client starts the service behind the wire and returns the SDK's client.
func client(t *testing.T) *cwl.Client {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	l, err := logs.New(logs.Options{Dir: filepath.Join(dir, "logs"), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	reg := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	s := New(Options{Logs: l})
	reg.Add(s.Spec(), s)
	srv := httptest.NewServer(reg)
	t.Cleanup(srv.Close)
	return cwl.New(cwl.Options{
		Region: "eu-west-1", BaseEndpoint: &srv.URL,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

func TestGroupsAndStreams(t *testing.T) {
	c, ctx := client(t), context.Background()
	check := func(err error, want string) {
		t.Helper()
		if code(err) != want || err != nil && want == "" {
			t.Fatalf("got %v, want %q", err, want)
		}
	}
	create := func(name string) error {
		_, err := c.CreateLogGroup(ctx, &cwl.CreateLogGroupInput{LogGroupName: &name, Tags: map[string]string{"a": "b"}})
		return err
	}
	check(create("/ecs/web"), "")
	check(create("/ecs/web"), "ResourceAlreadyExistsException")
	check(create("bad name"), "InvalidParameterException")
	check(create("/ecs/worker"), "")

	_, err := c.PutRetentionPolicy(ctx, &cwl.PutRetentionPolicyInput{LogGroupName: aws.String("/ecs/web"), RetentionInDays: aws.Int32(7)})
	check(err, "")
	_, err = c.PutRetentionPolicy(ctx, &cwl.PutRetentionPolicyInput{LogGroupName: aws.String("/ecs/web"), RetentionInDays: aws.Int32(8)})
	check(err, "InvalidParameterException")
	got, err := c.DescribeLogGroups(ctx, &cwl.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/ecs/w"), Limit: aws.Int32(1)})
	check(err, "")
	g := got.LogGroups[0]
	if *g.Arn != "arn:aws:logs:eu-west-1:000000000000:log-group:/ecs/web:*" || *g.RetentionInDays != 7 || got.NextToken == nil {
		t.Fatalf("%+v", g)
	}
	got, err = c.DescribeLogGroups(ctx, &cwl.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/ecs/w"), Limit: aws.Int32(1), NextToken: got.NextToken})
	check(err, "")
	if *got.LogGroups[0].LogGroupName != "/ecs/worker" || got.NextToken != nil {
		t.Fatalf("%+v", got)
	}

	tags, err := c.ListTagsForResource(ctx, &cwl.ListTagsForResourceInput{ResourceArn: g.LogGroupArn})
	check(err, "")
	if tags.Tags["a"] != "b" {
		t.Fatalf("%v", tags.Tags)
	}
	_, err = c.UntagResource(ctx, &cwl.UntagResourceInput{ResourceArn: g.LogGroupArn, TagKeys: []string{"a"}})
	check(err, "")
	old, err := c.ListTagsLogGroup(ctx, &cwl.ListTagsLogGroupInput{LogGroupName: aws.String("/ecs/web")})
	check(err, "")
	if len(old.Tags) != 0 {
		t.Fatalf("%v", old.Tags)
	}

	stream := &cwl.CreateLogStreamInput{LogGroupName: aws.String("/ecs/web"), LogStreamName: aws.String("web/app/1")}
	_, err = c.CreateLogStream(ctx, stream)
	check(err, "")
	_, err = c.CreateLogStream(ctx, stream)
	check(err, "ResourceAlreadyExistsException")
	_, err = c.CreateLogStream(ctx, &cwl.CreateLogStreamInput{LogGroupName: aws.String("none"), LogStreamName: aws.String("s")})
	check(err, "ResourceNotFoundException")
	list, err := c.DescribeLogStreams(ctx, &cwl.DescribeLogStreamsInput{LogGroupIdentifier: g.LogGroupArn})
	check(err, "")
	if *list.LogStreams[0].Arn != "arn:aws:logs:eu-west-1:000000000000:log-group:/ecs/web:log-stream:web/app/1" {
		t.Fatalf("%+v", list.LogStreams)
	}
	_, err = c.DeleteLogGroup(ctx, &cwl.DeleteLogGroupInput{LogGroupName: aws.String("/ecs/web")})
	check(err, "")
	_, err = c.GetLogEvents(ctx, &cwl.GetLogEventsInput{LogGroupName: aws.String("/ecs/web"), LogStreamName: aws.String("web/app/1")})
	check(err, "ResourceNotFoundException")
}

func TestEvents(t *testing.T) {
	c, ctx := client(t), context.Background()
	g := aws.String("g")
	if _, err := c.CreateLogGroup(ctx, &cwl.CreateLogGroupInput{LogGroupName: g}); err != nil {
		t.Fatal(err)
	}
	base := time.Now().UnixMilli()
	for s := range 2 {
		name := aws.String("s" + strconv.Itoa(s))
		if _, err := c.CreateLogStream(ctx, &cwl.CreateLogStreamInput{LogGroupName: g, LogStreamName: name}); err != nil {
			t.Fatal(err)
		}
		var events []types.InputLogEvent
		for i := range 50 {
			events = append(events, types.InputLogEvent{
				Timestamp: aws.Int64(base + int64(i)), Message: aws.String(`{"n":` + strconv.Itoa(i) + `,"s":` + strconv.Itoa(s) + `}`),
			})
		}
		if _, err := c.PutLogEvents(ctx, &cwl.PutLogEventsInput{LogGroupName: g, LogStreamName: name, LogEvents: events}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	pages := cwl.NewFilterLogEventsPaginator(c, &cwl.FilterLogEventsInput{
		LogGroupName: g, FilterPattern: aws.String("{ $.n >= 10 }"), Limit: aws.Int32(7), StartTime: &base,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Events)
	}
	if n != 80 {
		t.Fatalf("%d events match", n)
	}
	n = 0
	one := cwl.NewGetLogEventsPaginator(c, &cwl.GetLogEventsInput{
		LogGroupName: g, LogStreamName: aws.String("s1"), StartFromHead: aws.Bool(true), Limit: aws.Int32(20),
	}, func(o *cwl.GetLogEventsPaginatorOptions) { o.StopOnDuplicateToken = true })
	for one.HasMorePages() {
		page, err := one.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Events)
	}
	if n != 50 {
		t.Fatalf("%d events in the stream", n)
	}
	_, err := c.FilterLogEvents(ctx, &cwl.FilterLogEventsInput{LogGroupName: g, FilterPattern: aws.String("{ oops")})
	if code(err) != "InvalidParameterException" || !strings.Contains(err.Error(), "Invalid filter pattern") {
		t.Fatal(err)
	}
	put, err := c.PutLogEvents(ctx, &cwl.PutLogEventsInput{
		LogGroupName: g, LogStreamName: aws.String("s0"),
		LogEvents: []types.InputLogEvent{{Timestamp: aws.Int64(base + 10_000_000), Message: aws.String("late")}},
	})
	if err != nil || put.RejectedLogEventsInfo == nil || aws.ToInt32(put.RejectedLogEventsInfo.TooNewLogEventStartIndex) != 0 {
		t.Fatalf("%+v %v", put, err)
	}
}

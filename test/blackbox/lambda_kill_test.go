package blackbox

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestLambdaServerDies kills the server while an event runs and others wait. None
// is lost, what ran is gone, and nothing is left of the container. An event that
// ends as the server dies may run twice.
func TestLambdaServerDies(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := harness.Start(t)
	l := newLambdas(t, g, "image-kill")
	f := l.image("f", l.push("v1", nil), func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(60) })
	reserve := func(n int32) {
		t.Helper()
		if _, err := l.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: &f, ReservedConcurrentExecutions: &n}); err != nil {
			t.Fatal(err)
		}
	}
	event := func(doc string) {
		t.Helper()
		out, err := l.Invoke(ctx, &lambda.InvokeInput{FunctionName: &f, InvocationType: types.InvocationTypeEvent, Payload: []byte(doc)})
		if err != nil || out.StatusCode != 202 {
			t.Fatal(err, out)
		}
	}
	reserve(1)
	event(`{"Do":"wait","N":2000}`)
	harness.Await(t, "the first event runs", func() bool { return len(l.lines(f, `"START RequestId"`)) == 1 })
	for i := range 3 {
		event(fmt.Sprintf(`{"Do":"file","Path":"/tmp/ok%d"}`, i))
	}
	before := l.containers()
	g.Kill("server")
	g.Healthy()
	if len(before) != 1 {
		t.Errorf("containers before: %v", before)
	}
	reserve(10)
	harness.Await(t, "the event that ran runs again", func() bool { return len(l.lines(f, `"event wait waited"`)) >= 1 })
	for i := range 3 {
		harness.Await(t, "an event that waited runs", func() bool { return len(l.lines(f, fmt.Sprintf(`"/tmp/ok%d"`, i))) >= 1 })
	}
	harness.Await(t, "the container of the dead server is gone", func() bool {
		for _, c := range l.containers() {
			if c == before[0] {
				return false
			}
		}
		return true
	})
	g.Down()
	if left, _ := filepath.Glob(filepath.Join(g.Data, "oci", "tasks", "*")); len(left) > 0 {
		t.Errorf("after grue up has ended: %v", left)
	}
	g.Up()
	if got := l.do(f, `{}`); got.Calls != 1 {
		t.Errorf("after a restart: %+v", got)
	}
}

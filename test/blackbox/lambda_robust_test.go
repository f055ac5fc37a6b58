package blackbox

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/test/harness"
)

// bothWays runs a test with a function that is a zip and one that is an image.
func bothWays(t *testing.T, base string, change func(*lambda.CreateFunctionInput), test func(*testing.T, *lambdas, string)) {
	t.Parallel()
	g := harness.Shared(t)
	t.Run("zip", func(t *testing.T) {
		t.Parallel()
		l := newLambdas(t, g, base+"-zip")
		test(t, l, l.zip("f", change))
	})
	t.Run("image", func(t *testing.T) {
		t.Parallel()
		l := newLambdas(t, g, base+"-image")
		test(t, l, l.image("f", l.push("v1", nil), change))
	})
}

// TestLambdaPrintsMuch: a hundred megabytes of output cost time, not memory, and
// the last line is there.
func TestLambdaPrintsMuch(t *testing.T) {
	bothWays(t, "print", func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(600) }, func(t *testing.T, l *lambdas, f string) {
		const last = 100<<10 - 1
		_, failure, log := l.call(f, `{"Do":"print","N":100}`)
		if failure != "" || len(log) > 4<<10 || !strings.Contains(log, "REPORT RequestId") {
			t.Errorf("%q, a tail of %d bytes: %.200s", failure, len(log), log)
		}
		l.do(f, `{"Do":"file","Path":"/tmp/after"}`)
		c := cloudwatchlogs.NewFromConfig(l.g.Config())
		group := "/aws/lambda/" + f
		harness.Await(t, "the log stream has the last line", func() bool {
			streams, err := c.DescribeLogStreams(context.Background(), &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &group})
			if err != nil || len(streams.LogStreams) != 1 {
				t.Fatal(err, len(streams.LogStreams))
			}
			page, err := c.GetLogEvents(context.Background(), &cloudwatchlogs.GetLogEventsInput{
				LogGroupName: &group, LogStreamName: streams.LogStreams[0].LogStreamName, StartFromHead: aws.Bool(false), Limit: aws.Int32(20),
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Events {
				if strings.Contains(*e.Message, "lines were lost") {
					t.Error(*e.Message)
				}
				if strings.HasPrefix(*e.Message, fmt.Sprintf("%08d x", last)) {
					return true
				}
			}
			return false
		})
	})
}

// TestLambdaChildLivesOn: a child in a session of its own holds nothing up, and
// ends with its environment.
func TestLambdaChildLivesOn(t *testing.T) {
	bothWays(t, "child", nil, func(t *testing.T, l *lambdas, f string) {
		first := l.do(f, `{"Do":"fork"}`)
		if again := l.do(f, `{}`); again.Start != first.Start {
			t.Error("a child that lives on ended the environment")
		}
		payload, _, _ := l.call(f, `{"Do":"exit","N":1}`)
		if !strings.Contains(payload, "exit status 1") {
			t.Error(payload)
		}
		l.do(f, `{}`)
		harness.Await(t, "the container that ended is gone", func() bool { return len(l.containers()) <= 1 })
	})
}

// TestLambdaDeletedWhileItRuns: the invocation that runs is answered, and then
// nothing is left.
func TestLambdaDeletedWhileItRuns(t *testing.T) {
	bothWays(t, "deleted", nil, func(t *testing.T, l *lambdas, f string) {
		ctx := context.Background()
		answers := make(chan string, 2)
		for range 2 {
			go func() {
				payload, failure, _ := l.call(f, `{"Do":"wait","N":3000}`)
				answers <- failure + payload
			}()
		}
		harness.Await(t, "two invocations run", func() bool { return len(l.lines(f, `"START RequestId"`)) == 2 })
		if _, err := l.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &f}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Invoke(ctx, &lambda.InvokeInput{FunctionName: &f}); !strings.HasPrefix(refused(err), "ResourceNotFoundException") {
			t.Errorf("after DeleteFunction: %v", err)
		}
		for range 2 {
			if a := <-answers; !strings.HasPrefix(a, `{"args"`) {
				t.Errorf("an invocation that ran was answered %s", a)
			}
		}
		harness.Await(t, "no container is left", func() bool { return len(l.containers()) == 0 })
	})
}

// TestLambdaLimits: reserved concurrency and sizes, as AWS words them.
func TestLambdaLimits(t *testing.T) {
	bothWays(t, "limits", func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(300) }, func(t *testing.T, l *lambdas, f string) {
		ctx := context.Background()
		if _, err := l.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: &f, ReservedConcurrentExecutions: aws.Int32(1)}); err != nil {
			t.Fatal(err)
		}
		done := make(chan string)
		go func() {
			_, failure, _ := l.call(f, `{"Do":"wait","N":8000}`)
			done <- failure
		}()
		harness.Await(t, "an invocation runs", func() bool { return len(l.lines(f, `"START RequestId"`)) == 1 })
		if _, err := l.Invoke(ctx, &lambda.InvokeInput{FunctionName: &f}); refused(err) != "TooManyRequestsException: Rate Exceeded." {
			t.Errorf("over the reserved concurrency: %v", err)
		}
		if out, err := l.Invoke(ctx, &lambda.InvokeInput{FunctionName: &f, InvocationType: types.InvocationTypeDryRun}); err != nil || out.StatusCode != 204 {
			t.Errorf("DryRun: %v", err)
		}
		if failure := <-done; failure != "" {
			t.Error(failure)
		}
		large := []byte(`"` + strings.Repeat("x", 6<<20) + `"`)
		if _, err := l.Invoke(ctx, &lambda.InvokeInput{FunctionName: &f, Payload: large}); !strings.HasPrefix(refused(err), "RequestTooLargeException") {
			t.Errorf("6 MB and 2 bytes: %v", err)
		}
		event := []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
		if _, err := l.Invoke(ctx, &lambda.InvokeInput{FunctionName: &f, Payload: event, InvocationType: types.InvocationTypeEvent}); !strings.HasPrefix(refused(err), "RequestTooLargeException") {
			t.Errorf("an event of 1 MB and 2 bytes: %v", err)
		}
		if payload, failure, _ := l.call(f, `{"Do":"large","N":6291400}`); failure != "" || len(payload) != 6291402 {
			t.Errorf("an answer of just 6 MB: %s, %d bytes", failure, len(payload))
		}
		if payload, failure, _ := l.call(f, `{"Do":"large","N":7000000}`); failure != "Unhandled" || !strings.Contains(payload, "Function.ResponseSizeTooLarge") {
			t.Errorf("an answer of 7 MB: %s %.100s", failure, payload)
		}
	})
}

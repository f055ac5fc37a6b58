package blackbox

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestLambdaImageHook: a lifecycle hook that is an image, built with AWS's
// libraries, waits for an approval in a parameter, which it reads through
// AWS_ENDPOINT_URL with the keys of its role.
func TestLambdaImageHook(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := harness.Quick(t)
	l := newLambdas(t, g, "image-hook")
	approval := func(value string) {
		t.Helper()
		if _, err := ssm.NewFromConfig(g.Config()).PutParameter(ctx, &ssm.PutParameterInput{
			Name: aws.String("/image-hook/approved"), Value: &value, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
		}); err != nil {
			t.Fatal(err)
		}
	}
	approval("IN_PROGRESS")
	f := l.image("f", l.pushOf(approve, "v1", nil), func(in *lambda.CreateFunctionInput) {
		in.Environment = &types.Environment{Variables: map[string]string{"PARAMETER": "/image-hook/approved"}}
	})
	if payload, failure, log := l.call(f, `{}`); payload != `{"hookStatus":"IN_PROGRESS"}` || failure != "" {
		t.Fatalf("%s %s\n%s", failure, payload, log)
	}
	got, err := l.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &f})
	if err != nil {
		t.Fatal(err)
	}
	svc, load := hooked(t, g, "image-hook")
	hook := harness.Hook{ARN: *got.Configuration.FunctionArn}
	svc.Configure(t, harness.BlueGreen(0, hook.On(upScaled)))
	svc.Update(t, g.Guest(t, "v2", ""))
	harness.Await(t, "the hook was asked twice", func() bool { return len(l.lines(f, `"START RequestId"`)) >= 3 })
	approval(succeeds)
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s", d.Status, aws.ToString(d.StatusReason))
	}
	load.StopAndExpectNoFailures(t)

	approval("FAILED")
	svc.Update(t, g.Guest(t, "v3", ""))
	if d := svc.Ended(t); d.Status != rolledBack || !strings.Contains(aws.ToString(d.StatusReason), "returned FAILED status") {
		t.Errorf("%s %s", d.Status, aws.ToString(d.StatusReason))
	}
}

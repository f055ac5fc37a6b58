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

	"github.com/grue-ecs/grue/test/boto"
	"github.com/grue-ecs/grue/test/harness"
)

// approvePython is the same hook in Python.
const approvePython = `
import os, boto3
ssm = boto3.client("ssm")
def handler(event, context):
    return {"hookStatus": ssm.get_parameter(Name=os.environ["PARAMETER"])["Parameter"]["Value"]}
`

// TestLambdaHook: a lifecycle hook that is built with an AWS SDK waits for an
// approval in a parameter, which it reads through AWS_ENDPOINT_URL with the keys of
// its role: an image in Go, and a zip with boto3.
func TestLambdaHook(t *testing.T) {
	t.Parallel()
	t.Run("image", func(t *testing.T) {
		t.Parallel()
		approved(t, "hook-image", func(l *lambdas, in *lambda.CreateFunctionInput) {
			in.Code.ImageUri = aws.String(l.pushOf(approve, "v1", nil))
		})
	})
	t.Run("zip", func(t *testing.T) {
		t.Parallel()
		boto.Python(t)
		approved(t, "hook-zip", func(l *lambdas, in *lambda.CreateFunctionInput) {
			in.PackageType, in.Runtime, in.Handler = types.PackageTypeZip, types.RuntimePython312, aws.String("hook.handler")
			in.Code = &types.FunctionCode{ZipFile: zipOf(l.t, map[string]string{"hook.py": approvePython})}
		})
	})
}

func approved(t *testing.T, name string, code func(*lambdas, *lambda.CreateFunctionInput)) {
	ctx := context.Background()
	g := harness.Quick(t)
	l := newLambdas(t, g, name)
	parameter := "/" + name + "/approved"
	approval := func(value string) {
		t.Helper()
		if _, err := ssm.NewFromConfig(g.Config()).PutParameter(ctx, &ssm.PutParameterInput{
			Name: &parameter, Value: &value, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
		}); err != nil {
			t.Fatal(err)
		}
	}
	approval("IN_PROGRESS")
	f := l.image("f", "", func(in *lambda.CreateFunctionInput) {
		in.Environment = &types.Environment{Variables: map[string]string{"PARAMETER": parameter}}
		code(l, in)
	})
	if payload, failure, log := l.call(f, `{}`); strings.ReplaceAll(payload, " ", "") != `{"hookStatus":"IN_PROGRESS"}` || failure != "" {
		t.Fatalf("%s %s\n%s", failure, payload, log)
	}
	got, err := l.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &f})
	if err != nil {
		t.Fatal(err)
	}
	svc, load := hooked(t, g, name)
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

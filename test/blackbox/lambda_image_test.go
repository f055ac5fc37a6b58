package blackbox

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/test/harness"
)

// TestLambdaImage is the life of a function that is a container image.
func TestLambdaImage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l := newLambdas(t, harness.Shared(t), "image-life")
	// The same image by its address and by the name that it has in Amazon ECR.
	one := l.push("one", func(o *image.BuildOptions) { o.Files["/var/task/x"] = image.File{} })
	l.push("two", nil)
	two := "000000000000.dkr.ecr.us-east-1.amazonaws.com/image-life:two"
	f := l.image("f", one, func(in *lambda.CreateFunctionInput) {
		in.Environment = &types.Environment{Variables: map[string]string{"STAGE": "beta"}}
		in.ImageConfig = &types.ImageConfig{Command: []string{"other.handler"}, WorkingDirectory: aws.String("/var/task")}
	})
	got, err := l.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &f})
	if err != nil {
		t.Fatal(err)
	}
	repo, digest, _ := strings.Cut(aws.ToString(got.Code.ResolvedImageUri), "@sha256:")
	c := got.Configuration
	if aws.ToString(got.Code.RepositoryType) != "ECR" || aws.ToString(got.Code.ImageUri) != one || repo != strings.TrimSuffix(one, ":one") ||
		len(digest) != 64 || *c.CodeSha256 != digest || c.PackageType != types.PackageTypeImage || c.State != types.StateActive ||
		c.Runtime != "" || c.Handler != nil || c.CodeSize != 0 || c.ImageConfigResponse.ImageConfig.Command[0] != "other.handler" {
		t.Errorf("GetFunction: %+v %+v", *got.Code, *c)
	}
	first := l.do(f, `{"Do":"hello"}`)
	second := l.do(f, `{"Do":"hello"}`)
	if first.Start != second.Start || second.Calls != 2 || first.Dir != "/var/task" || first.Args[1] != "other.handler" || !strings.HasPrefix(first.Key, "ASIA") {
		t.Errorf("the environment was not kept: %+v, %+v", first, second)
	}
	tasks, err := l.g.ECS().ListTasks(ctx, &ecs.ListTasksInput{Family: &f})
	if err == nil && len(tasks.TaskArns) > 0 {
		t.Errorf("a function is seen as tasks: %v", tasks.TaskArns)
	}

	// A tag that moves changes nothing; UpdateFunctionCode takes it up.
	l.push("one", func(o *image.BuildOptions) { o.Env = []string{"IMAGE=moved"} })
	if again := l.do(f, `{}`); again.Start != first.Start {
		t.Error("a tag that moved ended the environment")
	}
	up, err := l.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: &f, ImageUri: &two, Publish: true})
	if err != nil || *up.CodeSha256 == digest || *up.Version != "1" {
		t.Fatalf("UpdateFunctionCode: %v %+v", err, up)
	}
	if got, err := l.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &f}); err != nil || *got.Code.ImageUri != two ||
		*got.Code.ResolvedImageUri != strings.TrimSuffix(two, ":two")+"@sha256:"+*up.CodeSha256 {
		t.Errorf("after the update: %v %+v", err, got.Code)
	}
	if next := l.do(f, `{}`); next.Calls != 1 || next.Start == first.Start {
		t.Errorf("after the update: %+v", next)
	}
	harness.Await(t, "the old environment is gone", func() bool { return len(l.containers()) == 1 })
	if v := l.do(f+":1", `{}`); !strings.HasSuffix(v.ARN, ":"+f+":1") {
		t.Errorf("version 1 saw %+v", v)
	}
	all := l.containers()
	if _, err := l.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &f}); err != nil {
		t.Fatal(err)
	}
	harness.Await(t, "no container is left", func() bool { return len(l.containers()) == 0 })
	// Its output goes after the container, when the log stream has all of it.
	for _, task := range all {
		harness.Await(t, "no output is left beside the log stream", func() bool {
			left, _ := filepath.Glob(filepath.Join(l.g.Data, "oci", "logs", filepath.Base(task), "*"))
			return len(left) == 0
		})
	}
}

// TestLambdaImageOutput: what the program writes is in the log group and in the
// tail, between AWS's own lines.
func TestLambdaImageOutput(t *testing.T) {
	t.Parallel()
	l := newLambdas(t, harness.Shared(t), "image-output")
	f := l.image("f", l.push("v1", nil), nil)
	_, _, log := l.call(f, `{"Do":"file","Path":"/tmp/y"}`)
	start, end := strings.Index(log, "START RequestId: "), strings.Index(log, "END RequestId: ")
	line, report := strings.Index(log, "event file /tmp/y <nil>\n"), strings.Index(log, "REPORT RequestId: ")
	if start < 0 || line < start || end < line || report < end || !strings.Contains(log, "\tInit Duration: ") || !strings.Contains(log, "Memory Size: 128 MB") {
		t.Errorf("the tail is\n%s", log)
	}
	if _, _, log := l.call(f, `{"Do":"file","Path":"/y"}`); !strings.Contains(log, "read-only file system") {
		t.Errorf("the root file system can be written:\n%s", log)
	}
	harness.Await(t, "the log group has the lines", func() bool { return len(l.lines(f, "")) >= 9 })
}

// TestLambdaImageFailures: each way to fail has AWS's answer, and the next
// invocation works.
func TestLambdaImageFailures(t *testing.T) {
	t.Parallel()
	l := newLambdas(t, harness.Shared(t), "image-failures")
	ref := l.push("v1", nil)
	entry := func(words ...string) func(*lambda.CreateFunctionInput) {
		return func(in *lambda.CreateFunctionInput) { in.ImageConfig = &types.ImageConfig{EntryPoint: words} }
	}
	variable := func(value string) func(*lambda.CreateFunctionInput) {
		return func(in *lambda.CreateFunctionInput) {
			in.Environment = &types.Environment{Variables: map[string]string{"INIT": value}}
		}
	}
	f := l.image("f", ref, nil)
	brief := l.image("brief", ref, func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(2) })
	for _, c := range []struct{ name, event, want string }{
		{f, `{"Do":"exit","N":3}`, `"Runtime.ExitError"` + "…" + `Runtime exited with error: exit status 3"`},
		{f, `{"Do":"exit","N":0}`, `"Runtime.ExitError"` + "…" + `Runtime exited without providing a reason"`},
		{brief, `{"Do":"hang"}`, `Task timed out after 2.00 seconds"…"Sandbox.Timedout"`},
		{f, `{"Do":"memory","N":400}`, `"Runtime.ExitError"` + "…" + `Runtime exited with error: signal: killed"`},
		{f, `{"Do":"error"}`, `"Custom"…"as asked"`},
		{f, `{"Do":"large","N":6391556}`, `Function.ResponseSizeTooLarge`},
		{l.image("exit", ref, variable("exit")), `{}`, `Runtime exited with error: exit status 7"`},
		{l.image("error", ref, variable("error")), `{}`, `"Extension.Boom"…"no init"`},
		{l.image("nothing", ref, entry("/nothing")), `{}`, `"Runtime.InvalidEntrypoint"`},
		{l.image("no-client", ref, func(in *lambda.CreateFunctionInput) {
			in.ImageConfig, in.Timeout = &types.ImageConfig{EntryPoint: []string{"/bootstrap", "child"}}, aws.Int32(1)
		}), `{}`, `"Sandbox.Timedout"`},
	} {
		payload, failure, log := l.call(c.name, c.event)
		for _, part := range strings.Split(c.want, "…") {
			if failure != "Unhandled" || !strings.Contains(payload, part) {
				t.Errorf("%s %s: %s %.300s\n%s", c.name, c.event, failure, payload, log)
			}
		}
	}
	if got := l.do(f, `{}`); got.Calls < 1 {
		t.Errorf("after all: %+v", got)
	}
}

// TestLambdaImageInput: what AWS refuses is refused, and nothing is made.
func TestLambdaImageInput(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := harness.Shared(t)
	l := newLambdas(t, g, "image-input")
	ref := l.push("v1", nil)
	f := l.image("f", ref, nil)
	const bad = "InvalidParameterValueException: "
	none := g.Listen + "/image-input:none"
	ecr := "000000000000.dkr.ecr.us-east-1.amazonaws.com/image-input-none:v1"
	base := func() *lambda.CreateFunctionInput {
		return &lambda.CreateFunctionInput{
			FunctionName: aws.String("image-input-x"), PackageType: types.PackageTypeImage,
			Code: &types.FunctionCode{ImageUri: &ref}, Role: aws.String("arn:aws:iam::000000000000:role/hook"),
		}
	}
	for want, change := range map[string]func(*lambda.CreateFunctionInput){
		"Source image " + none + " does not exist. Provide a valid source image.": func(in *lambda.CreateFunctionInput) { in.Code.ImageUri = &none },
		"Source image " + ecr + " does not exist. Provide a valid source image.":  func(in *lambda.CreateFunctionInput) { in.Code.ImageUri = &ecr },
		"Source image :: is not valid. Provide a valid source image.": func(in *lambda.CreateFunctionInput) {
			in.Code.ImageUri = aws.String("::")
		},
		"Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.": func(in *lambda.CreateFunctionInput) {
			in.Handler = aws.String("a.b")
		},
		"Please don't provide ImageUri when creating a function with packageType Zip.": func(in *lambda.CreateFunctionInput) {
			in.PackageType, in.Runtime, in.Handler = types.PackageTypeZip, types.RuntimeProvidedal2023, aws.String("x")
		},
		"Please don't provide ZipFile when creating a function with packageType Image.": func(in *lambda.CreateFunctionInput) { in.Code.ZipFile = []byte("x") },
		"Please provide a source for function code: Code.ImageUri.":                     func(in *lambda.CreateFunctionInput) { in.Code.ImageUri = nil },
	} {
		in := base()
		change(in)
		if _, err := l.CreateFunction(ctx, in); refused(err) != bad+want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := l.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("image-input-x")}); !strings.HasPrefix(refused(err), "ResourceNotFoundException") {
		t.Errorf("a refused function is there: %v", err)
	}
	_, err := l.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: &f, ZipFile: []byte("x")})
	if refused(err) != bad+"Please provide ImageUri when updating a function with packageType Image." {
		t.Error(err)
	}
	_, err = l.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: &f, ImageUri: &none})
	if refused(err) != bad+"Source image "+none+" does not exist. Provide a valid source image." {
		t.Error(err)
	}
	hook := g.NewHook(t, "image-input-zip", func(harness.HookCall) any { return nil })
	_, err = l.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: &hook.ARN, ImageUri: &ref})
	if refused(err) != bad+"Please don't provide ImageUri when updating a function with packageType Zip." {
		t.Error(err)
	}
	_, err = l.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: &hook.ARN, ImageConfig: &types.ImageConfig{Command: []string{"x"}}})
	if refused(err) != bad+"Please don't provide ImageConfig when the intended function PackageType is Zip." {
		t.Error(err)
	}
	if got := l.do(f, `{}`); got.Calls != 1 {
		t.Errorf("after all: %+v", got)
	}
}

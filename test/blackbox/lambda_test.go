package blackbox

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/test/harness"
)

// Programs that run as functions: obedient speaks the Lambda Runtime API and does
// what its event says, approve is built with AWS's libraries.
var obedient, approve = built("bootstrap"), built("approve")

// built builds a program once.
func built(name string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		dir, err := os.MkdirTemp("", "grue-function-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		bin := filepath.Join(dir, name)
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "github.com/grue-ecs/grue/internal/function/testdata/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return out, err
		}
		return os.ReadFile(bin)
	})
}

// did is what the obedient program tells of itself.
type did struct {
	Calls, PID, Start          int
	Args                       []string
	Dir, TMP, Key, ARN, Stream string
}

// lambdas is a client with the functions of one test.
type lambdas struct {
	*lambda.Client
	t    testing.TB
	g    *harness.Grue
	base string // of names, so that tests do not meet
}

func newLambdas(t testing.TB, g *harness.Grue, base string) *lambdas {
	return &lambdas{Client: lambda.NewFromConfig(g.Config(), func(o *lambda.Options) { o.RetryMaxAttempts = 1 }), t: t, g: g, base: base}
}

// push makes an image of the obedient program and returns its reference.
func (l *lambdas) push(tag string, change func(*image.BuildOptions)) string {
	l.t.Helper()
	return l.pushOf(obedient, tag, change)
}

func (l *lambdas) pushOf(program func() ([]byte, error), tag string, change func(*image.BuildOptions)) string {
	l.t.Helper()
	bin, err := program()
	if err != nil {
		l.t.Fatalf("build the function: %v\n%s", err, bin)
	}
	o := image.BuildOptions{
		Files:      map[string]image.File{"/bootstrap": {Content: bin, Mode: 0o755}},
		Entrypoint: []string{"/bootstrap"}, Cmd: []string{"app.handler"}, Env: []string{"IMAGE=" + tag},
	}
	if change != nil {
		change(&o)
	}
	img, err := image.Build(context.Background(), o)
	if err != nil {
		l.t.Fatal(err)
	}
	ref := l.g.Listen + "/" + l.base + ":" + tag
	if err := image.Push(context.Background(), img, ref, runtime.RegistryAuth{}); err != nil {
		l.t.Fatal(err)
	}
	return ref
}

// image creates a function of an image; it goes with the test.
func (l *lambdas) image(name, ref string, change func(*lambda.CreateFunctionInput)) string {
	l.t.Helper()
	in := &lambda.CreateFunctionInput{
		FunctionName: aws.String(l.base + "-" + name), PackageType: types.PackageTypeImage, Code: &types.FunctionCode{ImageUri: &ref},
		Role: aws.String("arn:aws:iam::000000000000:role/hook"), Timeout: aws.Int32(120),
	}
	if change != nil {
		change(in)
	}
	if _, err := l.CreateFunction(context.Background(), in); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		_, _ = l.DeleteFunction(context.Background(), &lambda.DeleteFunctionInput{FunctionName: in.FunctionName})
	})
	return *in.FunctionName
}

// call invokes a function with the tail of its log.
func (l *lambdas) call(name, event string) (payload, functionError, log string) {
	l.t.Helper()
	out, err := l.Invoke(context.Background(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte(event), LogType: types.LogTypeTail})
	if err != nil {
		l.t.Fatalf("%s %s: %v", name, event, err)
	}
	tail, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(out.Payload), aws.ToString(out.FunctionError), string(tail)
}

// do invokes a function that must answer.
func (l *lambdas) do(name, event string) (d did) {
	l.t.Helper()
	payload, failure, log := l.call(name, event)
	if err := json.Unmarshal([]byte(payload), &d); err != nil || failure != "" {
		l.t.Fatalf("%s %s: %s %s\n%s", name, event, failure, payload, log)
	}
	return d
}

// zipOf packs programs.
func zipOf(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for name, text := range files {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		h.SetMode(0o755)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// zip creates a function of the obedient program as a zip; it goes with the test.
func (l *lambdas) zip(name string, change func(*lambda.CreateFunctionInput)) string {
	l.t.Helper()
	bin, err := obedient()
	if err != nil {
		l.t.Fatalf("build the function: %v\n%s", err, bin)
	}
	return l.image(name, "", func(in *lambda.CreateFunctionInput) {
		in.PackageType, in.Runtime, in.Handler = types.PackageTypeZip, types.RuntimeProvidedal2023, aws.String("app.handler")
		in.Code = &types.FunctionCode{ZipFile: zipOf(l.t, map[string]string{"bootstrap": string(bin)})}
		if change != nil {
			change(in)
		}
	})
}

// lines are the events of a function's log group.
func (l *lambdas) lines(name, pattern string) (out []string) {
	l.t.Helper()
	page, err := cloudwatchlogs.NewFromConfig(l.g.Config()).FilterLogEvents(context.Background(), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String("/aws/lambda/" + name), FilterPattern: aws.String(pattern),
	})
	if err != nil {
		return nil // the group comes with the first line
	}
	for _, e := range page.Events {
		out = append(out, *e.Message)
	}
	return out
}

// refused tells how AWS's error of a call reads.
func refused(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	return api.ErrorCode() + ": " + api.ErrorMessage()
}

// containers are the tasks of functions that grue's runtime holds.
func (l *lambdas) containers() (out []string) {
	dirs, _ := filepath.Glob(filepath.Join(l.g.Data, "oci", "tasks", "function-*"))
	for _, d := range dirs {
		doc, _ := os.ReadFile(filepath.Join(d, "plan.json"))
		if strings.Contains(string(doc), l.base) {
			out = append(out, d)
		}
	}
	return out
}

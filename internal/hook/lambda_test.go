package hook

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/store"
)

// handler answers what hookDetails ask for.
const handler = `
import os, time
def handler(event, context):
    do = event["hookDetails"]["do"]
    if do == "raise":
        raise ValueError("no approval of " + event["lifecycleStage"])
    if do == "exit":
        os._exit(3)
    if do == "hang":
        time.sleep(3600)
    if do == "again":
        return {"hookStatus": "IN_PROGRESS", "callBackDelay": 2, "hookDetails": {"do": "SUCCEEDED"}}
    if do == "none":
        return None
    if do == "text":
        return '{"hookStatus": "SUCCEEDED"}'
    return {"hookStatus": do, "stage": event["lifecycleStage"]}
`

// runFunctions gives the world the real thing, with the Python function "check" and
// the same as "hasty", which has no more than two seconds.
func (w *world) runFunctions() {
	w.t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		w.t.Fatal("python3 is not installed: make test does it")
	}
	l, err := logs.New(logs.Options{Dir: filepath.Join(w.dir, "logs"), Store: w.st})
	if err != nil {
		w.t.Fatal(err)
	}
	f, err := function.New(function.Options{Dir: filepath.Join(w.dir, "functions"), Store: w.st, Logs: l, Init: 5 * time.Minute})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { f.Close(); l.Close() })
	w.h.opts.Functions = f
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	file, err := z.Create("app.py")
	if err == nil {
		_, err = file.Write([]byte(handler))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		w.t.Fatal(err)
	}
	code, release, err := f.SaveCode(buf.Bytes())
	if err != nil {
		w.t.Fatal(err)
	}
	defer release()
	for name, seconds := range map[string]int32{"check": 900, "hasty": 2} {
		err = f.Create(&function.Function{Scope: scope, Name: name, Next: 1}, &function.Version{
			Scope: scope, Digest: code.Digest, Config: types.FunctionConfiguration{
				FunctionName: &name, FunctionArn: aws.String(strings.Replace(target1, "check", name, 1)), Version: aws.String(function.Latest),
				Runtime: types.RuntimePython312, Handler: aws.String("app.handler"), Timeout: &seconds, MemorySize: aws.Int32(128),
				RevisionId: aws.String(store.NewUUID()), Role: aws.String("arn:aws:iam::123456789012:role/r"),
				LoggingConfig: &types.LoggingConfig{LogGroup: aws.String("/aws/lambda/" + name)}, CodeSha256: aws.String(base64.StdEncoding.EncodeToString(code.Sum)),
			},
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestLambda(t *testing.T) {
	w := newWorld(t, nil)
	w.runFunctions()
	const missing = "arn:aws:lambda:eu-west-1:123456789012:function:nobody"
	for _, tt := range []struct {
		target, do string
		status     deploy.HookStatus
		err        string // a part; "" = none
	}{
		{target1, "SUCCEEDED", deploy.HookSucceeded, ""},
		{target1, "FAILED", deploy.HookFailed, ""},
		{target1, "MAYBE", deploy.HookFailed, "ECS was unable to parse the response from " + target1 + " due to HookStatus must not be null"},
		{target1, "none", deploy.HookFailed, "ECS was unable to parse the response from " + target1 + " due to HookStatus must not be null"},
		{target1, "text", deploy.HookFailed, "ECS was unable to parse the response from " + target1 + " due to HookStatus must not be null"},
		{target1, "raise", deploy.HookFailed, "Lifecycle hook target " + target1 + " returned a function error: ValueError: no approval of POST_SCALE_UP"},
		{target1, "exit", deploy.HookFailed, "Lifecycle hook target " + target1 + " returned a function error: Runtime.ExitError: "},
		{strings.Replace(target1, "check", "hasty", 1), "hang", deploy.HookFailed, "Task timed out after 2.00 seconds"},
		{missing, "SUCCEEDED", deploy.HookFailed, "ECS was unable to invoke hook target " + missing + " due to Function not found: " + missing},
		{"arn:aws:sns:eu-west-1:123456789012:topic", "x", deploy.HookFailed, "Function not found"},
	} {
		a := w.h.Call(t.Context(), w.enter(tt.target, fmt.Sprintf(`{"do":%q}`, tt.do), nil))
		if a.Status != tt.status || !strings.Contains(a.Error, tt.err) || (a.Error == "") != (tt.err == "") {
			t.Errorf("%s %s: %+v", tt.target, tt.do, a)
		}
	}
}

// What a hook carries over is what its next call gets.
func TestLambdaCalledAgain(t *testing.T) {
	w := newWorld(t, nil)
	w.runFunctions()
	c := w.enter(target1, `{"do":"again","x":1}`, nil)
	a := w.h.Call(t.Context(), c)
	if a.Status != deploy.HookInProgress || a.Delay != 2*time.Second || string(a.Details) != `{"do":"SUCCEEDED","x":1}` {
		t.Fatalf("%+v %s", a, a.Details)
	}
	c = w.enter(target1, `{"do":"again","x":1}`, func(in *deploy.InvokeHook) { in.Hook.Call, in.Hook.Details = 2, a.Details })
	if a := w.h.Call(t.Context(), c); a.Status != deploy.HookSucceeded || a.Error != "" {
		t.Errorf("%+v", a)
	}
}

// busy is a function service that fails a few times.
type busy struct {
	err   error
	times int32
	calls atomic.Int32
}

func (b *busy) Invoke(context.Context, arn.Scope, string, []byte) ([]byte, string, error) {
	if b.calls.Add(1) <= b.times {
		return nil, "", b.err
	}
	return []byte(`{"hookStatus":"SUCCEEDED"}`), "", nil
}

func TestLambdaThrottled(t *testing.T) {
	for name, tt := range map[string]struct {
		f     *busy
		calls int32
		err   string
	}{
		"soon free":  {f: &busy{err: function.ErrThrottled, times: 4}, calls: 5},
		"never free": {f: &busy{err: function.ErrReserved, times: 99}, calls: 5, err: "due to function: the reserved concurrency is used up"},
		"otherwise":  {f: &busy{err: function.ErrTooLarge, times: 1}, calls: 1, err: "due to function: the payload is too large"},
	} {
		w := newWorld(t, func(o *Options) { o.Functions = tt.f })
		a := w.h.Call(t.Context(), w.enter(target1, "", nil))
		if tt.f.calls.Load() != tt.calls || !strings.Contains(a.Error, tt.err) || (a.Error == "") != (tt.err == "") {
			t.Errorf("%s: %+v after %d calls", name, a, tt.f.calls.Load())
		}
	}
}

// A hook does not fail because the server stops: the next one calls it again.
func TestLambdaWhileTheServerStops(t *testing.T) {
	b := busy{err: function.ErrClosed, times: 1}
	w := newWorld(t, func(o *Options) { o.Functions = &b })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan Answer, 1)
	c := w.enter(target1, "", nil)
	go func() { done <- w.h.Call(ctx, c) }()
	await(t, "the function is invoked", func() bool { return b.calls.Load() == 1 })
	select {
	case a := <-done:
		t.Errorf("answered %+v", a)
	default:
	}
	cancel()
	<-done
}

func TestNoFunctions(t *testing.T) {
	w := newWorld(t, nil)
	if a := w.h.Call(t.Context(), w.enter(target1, "", nil)); !strings.Contains(a.Error, "no Lambda functions") {
		t.Errorf("%+v", a)
	}
	if a := w.h.Call(t.Context(), w.enter(target1, `{"grue:url":"x"}`, nil)); !strings.Contains(a.Error, "must begin with http") {
		t.Errorf("%+v", a)
	}
}

func TestFunctionFailure(t *testing.T) {
	for doc, want := range map[string]string{
		`{"errorType":"T","errorMessage":"m","stackTrace":[]}`: "T: m",
		`{"errorType":"T"}`:                   "T",
		`{"errorMessage":"m"}`:                "m",
		`{}`:                                  "{}",
		`text`:                                "text",
		strings.Repeat("ü", maxText):          strings.Repeat("ü", maxText),
		strings.Repeat("ü", maxText) + "rest": strings.Repeat("ü", maxText) + "…",
	} {
		if got := functionFailure([]byte(doc)); got != want {
			t.Errorf("%.50s: %.50s", doc, got)
		}
	}
}

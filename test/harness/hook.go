package harness

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// hookCode asks the test what to answer.
const hookCode = `
import json, os, urllib.request
def handler(event, context):
    ask = urllib.request.Request(os.environ["TEST"], json.dumps(event).encode())
    answer = json.load(urllib.request.urlopen(ask))
    if "raise" in answer:
        raise Exception(answer["raise"])
    return answer["value"]
`

// HookCall is the event that a lifecycle hook gets.
type HookCall struct {
	ExecutionID      string `json:"executionId"`
	LifecycleStage   string `json:"lifecycleStage"`
	ResourceARN      string `json:"resourceArn"`
	ExecutionDetails struct {
		ServiceARN               string             `json:"serviceArn"`
		TargetServiceRevisionARN string             `json:"targetServiceRevisionArn"`
		TestTrafficWeights       map[string]float64 `json:"testTrafficWeights"`
		ProductionTrafficWeights map[string]float64 `json:"productionTrafficWeights"`
	} `json:"executionDetails"`
	HookDetails json.RawMessage `json:"hookDetails"`
	Raw         json.RawMessage `json:"-"`
	N           int             `json:"-"` // earlier calls of the function
}

// Raise is an answer that makes the function raise an exception.
type Raise string

// Hook is a Lambda function in Python whose answers the test gives.
type Hook struct {
	ARN string

	mu    sync.Mutex
	calls []HookCall
}

// NewHook creates the function. answer may be called at any time, by several
// requests at once; what it returns is what the handler returns.
func (g *Grue) NewHook(t testing.TB, name string, answer func(HookCall) any) *Hook {
	t.Helper()
	h := &Hook{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := h.took(r)
		doc := map[string]any{}
		switch x := answer(c).(type) {
		case Raise:
			doc["raise"] = string(x)
		default:
			doc["value"] = x
		}
		_ = json.NewEncoder(w).Encode(doc)
	}))
	t.Cleanup(srv.Close)
	var code bytes.Buffer
	z := zip.NewWriter(&code)
	f := must(z.Create("hook.py"))(t)
	_, _ = io.WriteString(f, hookCode)
	_ = z.Close()
	c := lambda.NewFromConfig(g.Config())
	ctx := context.Background()
	out := must(c.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: types.RuntimePython312, Handler: aws.String("hook.handler"), Role: aws.String("arn:aws:iam::000000000000:role/hook"),
		Code: &types.FunctionCode{ZipFile: code.Bytes()}, Environment: &types.Environment{Variables: map[string]string{"TEST": srv.URL}}, Timeout: aws.Int32(60),
	}))(t)
	t.Cleanup(func() {
		_, _ = c.DeleteFunction(context.Background(), &lambda.DeleteFunctionInput{FunctionName: &name})
	})
	h.ARN = *out.FunctionArn
	return h
}

// took notes a call.
func (h *Hook) took(r *http.Request) HookCall {
	var c HookCall
	c.Raw, _ = io.ReadAll(r.Body)
	_ = json.Unmarshal(c.Raw, &c)
	h.mu.Lock()
	defer h.mu.Unlock()
	c.N = len(h.calls)
	h.calls = append(h.calls, c)
	return c
}

// Calls are the calls so far.
func (h *Hook) Calls() []HookCall {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls)
}

// Say is a handler's answer with a hookStatus.
func Say(status string) any { return map[string]any{"hookStatus": status} }

// Again is the answer IN_PROGRESS with a callBackDelay in seconds.
func Again(delay int) any {
	return map[string]any{"hookStatus": "IN_PROGRESS", "callBackDelay": delay}
}

// On makes the function a lifecycle hook of stages.
func (h *Hook) On(stages ...ecstypes.DeploymentLifecycleHookStage) ecstypes.DeploymentLifecycleHook {
	return ecstypes.DeploymentLifecycleHook{
		TargetType: ecstypes.DeploymentLifecycleHookTargetTypeAwsLambda, HookTargetArn: &h.ARN,
		RoleArn: aws.String("arn:aws:iam::000000000000:role/hook"), LifecycleStages: stages,
	}
}

package hook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grue-ecs/grue/internal/deploy"
)

const target1 = "arn:aws:lambda:eu-west-1:123456789012:function:check"

func TestParseAnswer(t *testing.T) {
	unclear := Answer{Status: deploy.HookFailed, Error: "ECS was unable to parse the response from " + target1 + " due to HookStatus must not be null"}
	wrong := func(why string) Answer {
		return Answer{Status: deploy.HookFailed, Error: "ECS was unable to parse the response from " + target1 + " due to " + why}
	}
	again := Answer{Status: deploy.HookInProgress}
	after := func(d time.Duration) Answer { return Answer{Status: deploy.HookInProgress, Delay: d} }
	details := func(doc string) Answer {
		return Answer{Status: deploy.HookInProgress, Details: json.RawMessage(doc)}
	}
	const carried = `{"a":1,"b":{"c":2}}`
	for _, tt := range []struct {
		doc  string
		want Answer
	}{
		{`{"hookStatus":"SUCCEEDED"}`, Answer{Status: deploy.HookSucceeded}},
		{" \n{\"reason\":\"x\",\"hookStatus\":\"FAILED\"}\n", Answer{Status: deploy.HookFailed}},
		{`{"hookStatus":"IN_PROGRESS"}`, again},
		{`{"hookStatus":"SUCCEEDED","callBackDelay":-1,"hookDetails":{}}`, Answer{Status: deploy.HookSucceeded}},

		{``, unclear},
		{`null`, unclear},
		{`{}`, unclear},
		{`[]`, unclear},
		{`true`, unclear},
		{`<html>`, unclear},
		{`{"hookStatus":"SUCCEEDED"`, unclear},
		{`{"hookStatus":"SUCCEEDED"} x`, unclear},
		{`"{\"hookStatus\":\"SUCCEEDED\"}"`, unclear},
		{`[{"hookStatus":"SUCCEEDED"}]`, unclear},
		{`{"statusCode":200,"body":"{\"hookStatus\":\"SUCCEEDED\"}"}`, unclear},
		{`{"hookStatus":null}`, unclear},
		{`{"hookStatus":""}`, unclear},
		{`{"hookStatus":"succeeded"}`, unclear},
		{`{"hookStatus":"SUCCEEDED "}`, unclear},
		{`{"hookStatus":"AWAITING_ACTION"}`, unclear},
		{`{"hookStatus":"TIMED_OUT"}`, unclear},
		{`{"hookStatus":true}`, unclear},
		{`{"hookStatus":["SUCCEEDED"]}`, unclear},
		{`{"HookStatus":"SUCCEEDED"}`, unclear},
		{`{"hookstatus":"SUCCEEDED"}`, unclear},

		{`{"hookStatus":"IN_PROGRESS","callBackDelay":5}`, after(5 * time.Second)},
		{`{"hookStatus":"IN_PROGRESS","callBackDelaySeconds":7}`, after(7 * time.Second)},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":5,"callBackDelaySeconds":7}`, after(5 * time.Second)},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":null,"callBackDelaySeconds":7}`, after(7 * time.Second)},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":0.25}`, after(250 * time.Millisecond)},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":3e1}`, after(30 * time.Second)},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":0}`, again},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":86400}`, after(24 * time.Hour)},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":86401}`, wrong("callBackDelay must be a number of seconds from 0 to 86400, not 86401")},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":1e99}`, wrong("callBackDelay must be a number of seconds from 0 to 86400, not 1e99")},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":1e999}`, wrong("callBackDelay must be a number of seconds from 0 to 86400, not 1e999")},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":-1}`, wrong("callBackDelay must be a number of seconds from 0 to 86400, not -1")},
		{`{"hookStatus":"IN_PROGRESS","callBackDelay":"30"}`, wrong(`callBackDelay must be a number of seconds from 0 to 86400, not "30"`)},
		{`{"hookStatus":"IN_PROGRESS","callBackDelaySeconds":{}}`, wrong("callBackDelaySeconds must be a number of seconds from 0 to 86400, not {}")},

		{`{"hookStatus":"IN_PROGRESS","hookDetails":{"b":{"d":3}}}`, details(`{"a":1,"b":{"d":3}}`)},
		{`{"hookStatus":"IN_PROGRESS","hookDetails":"text"}`, details(`"text"`)},
		{`{"hookStatus":"IN_PROGRESS","hookDetails":[1]}`, details(`[1]`)},
		{`{"hookStatus":"IN_PROGRESS","hookDetails":null}`, again},
		{`{"hookStatus":"IN_PROGRESS","hookDetails":"` + strings.Repeat("x", maxDetails) + `"}`, wrong("hookDetails must not be larger than 262144 bytes")},
	} {
		got := parseAnswer(target1, []byte(tt.doc), json.RawMessage(carried))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%.200s: %s", tt.doc, diff)
		}
	}
}

func TestMerge(t *testing.T) {
	for _, tt := range []struct{ old, next, want string }{
		{``, ``, ``},
		{`{"a":1}`, ``, `{"a":1}`},
		{`{"a":1}`, `null`, `{"a":1}`},
		{``, `{"a":1}`, `{"a":1}`},
		{`null`, `{"a":1}`, `{"a":1}`},
		{`{"a":1,"b":{"x":1}}`, `{"b":{"y":2},"c":null}`, `{"a":1,"b":{"y":2},"c":null}`},
		{`{"a":12345678901234567890}`, `{}`, `{"a":12345678901234567890}`},
		{`{"a":1}`, `[2]`, `[2]`},
		{`[2]`, `{"a":1}`, `{"a":1}`},
		{`"x"`, `3`, `3`},
	} {
		if got := string(Merge(json.RawMessage(tt.old), json.RawMessage(tt.next))); got != tt.want {
			t.Errorf("%s over %s: %s, want %s", tt.next, tt.old, got, tt.want)
		}
	}
}

func FuzzParseAnswer(f *testing.F) {
	for _, doc := range []string{
		`{"hookStatus":"SUCCEEDED"}`, `{"hookStatus":"IN_PROGRESS","callBackDelay":30,"hookDetails":{"a":[1]}}`, `null`, `"x"`,
		`{"hookStatus":"IN_PROGRESS","callBackDelaySeconds":-0.1}`, `{"hookStatus":{"hookStatus":"FAILED"}}`,
	} {
		f.Add([]byte(doc), []byte(`{"a":1}`))
	}
	f.Fuzz(func(t *testing.T, doc, carried []byte) {
		if !json.Valid(carried) {
			carried = nil
		}
		a := parseAnswer(target1, doc, carried)
		switch a.Status {
		case deploy.HookSucceeded, deploy.HookFailed, deploy.HookInProgress:
		default:
			t.Errorf("status %q", a.Status)
		}
		if a.Status == deploy.HookSucceeded && !json.Valid(doc) || a.Error != "" && a.Status != deploy.HookFailed {
			t.Errorf("%+v", a)
		}
		if a.Delay < 0 || a.Delay > maxDelay || len(a.Details) > maxDetails || a.Details != nil && !json.Valid(a.Details) {
			t.Errorf("%+v", a)
		}
	})
}

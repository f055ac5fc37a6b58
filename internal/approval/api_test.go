package approval

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ssmsdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

func TestList(t *testing.T) {
	w := newWorld(t)
	if status, doc := w.get("/grue/approvals"); status != 200 || doc != `{"approvals":[]}`+"\n" {
		t.Fatalf("%d %s", status, doc)
	}
	d := w.deployment("web", nil)
	status, doc := w.get("/grue/approvals")
	var got struct{ Approvals []map[string]any }
	if err := json.Unmarshal([]byte(doc), &got); err != nil || status != 200 || len(got.Approvals) != 1 {
		t.Fatalf("%d %s", status, doc)
	}
	for name, want := range map[string]any{
		"kind": "PAUSE", "cluster": "default", "service": "web", "serviceDeploymentArn": d.ARN(), "hookId": "ecs-pause-web",
		"lifecycleStage": "POST_TEST_TRAFFIC_SHIFT", "since": "2026-11-21T11:50:00Z", "expiresAt": "2026-11-21T12:50:00Z", "timeoutAction": "ROLLBACK", "strategy": "CANARY",
	} {
		if got.Approvals[0][name] != want {
			t.Errorf("%s is %v, not %v", name, got.Approvals[0][name], want)
		}
	}
	w.decide(d)
	if _, doc := w.get("/grue/approvals"); doc != `{"approvals":[]}`+"\n" {
		t.Errorf("after the decision: %s", doc)
	}
}

func TestAnswer(t *testing.T) {
	w := newWorld(t)
	d := w.deployment("web", nil)
	good := map[string]string{"serviceDeploymentArn": d.ARN(), "hookId": "ecs-pause-web", "decision": "approve", "reason": "fine"}
	for _, c := range []struct {
		change map[string]string
		status int
		says   string
	}{
		{map[string]string{"reason": " "}, 400, "Say why"},
		{map[string]string{"reason": strings.Repeat("x", 1001)}, 400, "1000"},
		{map[string]string{"decision": "yes"}, 400, "approve or reject"},
		{map[string]string{"serviceDeploymentArn": "web"}, 400, "ARN of a service deployment"},
		{map[string]string{"hookId": "ecs-pause-other"}, 409, "not pending"},
		{map[string]string{"extra": "x"}, 400, "unknown field"},
		{nil, 200, "{}"},
		{nil, 409, "not pending"},
	} {
		in := map[string]string{}
		for _, m := range []map[string]string{good, c.change} {
			for k, v := range m {
				in[k] = v
			}
		}
		if status, doc := w.json("/grue/approvals", in); status != c.status || !strings.Contains(doc, c.says) {
			t.Errorf("%v: %d %s", c.change, status, doc)
		}
	}
	x := w.stored(d).Decisions
	if len(x) != 1 || x[0].By != "arn:aws:iam::000000000000:user/ann" || x[0].From != "cli 127.0.0.1" || x[0].Reason != "fine" || x[0].Action != state.DecidedContinue {
		t.Errorf("decisions %+v", x)
	}
}

// TestParameter: a Lambda hook that answered IN_PROGRESS and whose parameter says
// that somebody is asked.
func TestParameter(t *testing.T) {
	for _, c := range []struct {
		name, details, value string
		call                 int
		pending              bool
		approved             string
	}{
		{name: "short form", details: `{"parameter": "/go"}`, value: "asked", call: 2, pending: true, approved: "approved"},
		{name: "own words", details: `{"approval": {"parameter": "/go", "asked": "?", "approved": "yes", "rejected": "no"}}`, value: "?", call: 2, pending: true, approved: "yes"},
		{name: "not answered yet", details: `{"parameter": "/go"}`, value: "asked", call: 1},
		{name: "not called yet", details: `{"parameter": "/go"}`, value: "asked"},
		{name: "decided", details: `{"parameter": "/go"}`, value: "approved", call: 2},
		{name: "another use of a parameter", details: `{"parameter": "/go"}`, value: "4051237419235687890", call: 2},
		{name: "no such parameter", details: `{"parameter": "/stop"}`, value: "asked", call: 2},
		{name: "no details", value: "asked", call: 2},
		{name: "another form", details: `{"parameter": {"name": "/go"}}`, value: "asked", call: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			d := w.deployment("web", func(d *state.Deployment) {
				d.Machine.Config.Hooks[0].Type = deploy.Lambda
				h := &d.Machine.Hooks[0]
				h.ID, h.Type, h.Status, h.Call, h.Details = "ecs-lambda-web", deploy.Lambda, deploy.HookInProgress, c.call, json.RawMessage(c.details)
			})
			w.put(c.value)
			if _, doc := w.get("/grue/approvals"); strings.Contains(doc, `"kind":"PARAMETER"`) != c.pending {
				t.Fatalf("pending: %s", doc)
			}
			if !c.pending {
				return
			}
			link := path(w.a.Link(w.pending(), "ops"))
			if status, page := w.form(link, "decision", "approve", "reason", "fine"); status != 200 {
				t.Fatalf("%d %s", status, page)
			}
			out, err := w.ssm.GetParameter(w.ctx(), &ssmsdk.GetParameterInput{Name: aws.String("/go")})
			if err != nil || *out.Parameter.Value != c.approved || out.Parameter.Version != 2 {
				t.Errorf("parameter %+v, %v", out, err)
			}
			if x := w.stored(d).Decisions; len(x) != 1 || x[0].HookID != "ecs-lambda-web" || x[0].Reason != "fine" {
				t.Errorf("decisions %+v", x)
			}
			if status, _ := w.form(link, "decision", "reject", "reason", "late"); status != 410 {
				t.Errorf("a used link: %d", status)
			}
		})
	}
}

func (w *world) put(value string) {
	w.Helper()
	if _, err := w.ssm.PutParameter(w.ctx(), &ssmsdk.PutParameterInput{Name: aws.String("/go"), Value: &value, Type: ssmtypes.ParameterTypeString}); err != nil {
		w.Fatal(err)
	}
}

func TestCheckPublicURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://grue.example": "https://grue.example", "http://10.0.0.1:4566/": "http://10.0.0.1:4566", "https://x/grue/": "https://x/grue",
		"grue.example": "", "ftp://x": "", "https://": "", "https://a:b@x": "", "https://x?q": "", "": "",
	} {
		if got, err := CheckPublicURL(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

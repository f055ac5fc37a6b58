package hook

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

func TestEvent(t *testing.T) {
	d := &state.Deployment{Scope: scope, Cluster: "c", Service: "s", ID: "TFX5sH9q9XDboDTOv0rIt"}
	const rev = `arn:aws:ecs:eu-west-1:123456789012:service-revision/c/s/`
	for name, tt := range map[string]struct {
		production, test []deploy.Share
		details          string
		want             string
	}{
		"no weights": {want: `"testTrafficWeights":{},"productionTrafficWeights":{}}`},
		"null details": {
			details: " null ", want: `"testTrafficWeights":{},"productionTrafficWeights":{}}`,
		},
		"all test traffic": {
			test: []deploy.Share{{Rev: "1", Tenths: 0}, {Rev: "2", Tenths: 1000}},
			want: `"testTrafficWeights":{"` + rev + `1":0,"` + rev + `2":100},"productionTrafficWeights":{}}`,
		},
		"tenths": {
			production: []deploy.Share{{Rev: "1", Tenths: 999}, {Rev: "2", Tenths: 1}},
			want:       `"testTrafficWeights":{},"productionTrafficWeights":{"` + rev + `1":99.9,"` + rev + `2":0.1}}`,
		},
		"one revision": {
			production: []deploy.Share{{Rev: "2", Tenths: 50}},
			want:       `"testTrafficWeights":{},"productionTrafficWeights":{"` + rev + `2":5}}`,
		},
		"details of any kind": {
			details: `[1,"<two>",null]`,
			want:    `"testTrafficWeights":{},"productionTrafficWeights":{}},"hookDetails":[1,"<two>",null]`,
		},
		"all but the secret": {
			details: `{"grue:url":"http://h/?a=b&c","any":{"n":1e400},"grue:secret":"0123456789abcdef"}`,
			want:    `"testTrafficWeights":{},"productionTrafficWeights":{}},"hookDetails":{"any":{"n":1e400},"grue:url":"http://h/?a=b&c"}`,
		},
	} {
		doc, err := Event(&Call{Deployment: d, Invoke: deploy.InvokeHook{
			Hook: deploy.Hook{
				Execution: "a635edb5-a66b-4f44-bf3f-fcee4b3641a5", Stage: deploy.ProductionShift, Details: json.RawMessage(tt.details),
			},
			Target: "2", Production: tt.production, Test: tt.test,
		}})
		want := `{"executionId":"a635edb5-a66b-4f44-bf3f-fcee4b3641a5","lifecycleStage":"PRODUCTION_TRAFFIC_SHIFT",` +
			`"resourceArn":"arn:aws:ecs:eu-west-1:123456789012:service-deployment/c/s/TFX5sH9q9XDboDTOv0rIt",` +
			`"executionDetails":{"serviceArn":"arn:aws:ecs:eu-west-1:123456789012:service/c/s",` +
			`"targetServiceRevisionArn":"` + rev + `2",` + tt.want + "}"
		if diff := cmp.Diff(want, string(doc)); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestEventRefusesBrokenDetails(t *testing.T) {
	_, err := Event(&Call{Deployment: &state.Deployment{}, Invoke: deploy.InvokeHook{Hook: deploy.Hook{Details: json.RawMessage("{")}}})
	if err == nil {
		t.Error("no error")
	}
}

package wire

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecsdocument "github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestMarshalJSON(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 30, 0, 250_000_000, time.UTC)
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"nothing but defaults", &types.PortMapping{}, `{}`},
		{"plain numbers and booleans are always there", &types.Deployment{}, `{"desiredCount":0,"failedTasks":0,"pendingCount":0,"runningCount":0}`},
		{"pointers to zero are there", &types.PortMapping{HostPort: aws.Int32(0), Name: aws.String("")}, `{"hostPort":0,"name":""}`},
		{"nil and empty lists differ", &ecs.ListTasksOutput{TaskArns: []string{}}, `{"taskArns":[]}`},
		{"times to the millisecond and beyond", &types.Task{CreatedAt: &at}, `{"createdAt":1795257000.25,"enableExecuteCommand":false,"version":0}`},
		{"whole numbers of doubles", &types.Scale{Value: 100}, `{"value":100.0}`},
		{"fractions", &types.CanaryConfiguration{CanaryPercent: aws.Float64(0.1)}, `{"canaryPercent":0.1}`},
		{"huge doubles", &types.Scale{Value: 1e21}, `{"value":1E+21}`},
		{"maps are sorted", map[string]string{"b": "2", "a": "1"}, `{"a":"1","b":"2"}`},
		{"text", []string{"\"\\/\b\f\n\r\t\x01 é\u2028\xff<>&"}, `["\"\\/\u0008\u000c\n\r\t\u0001 é` + "\u2028\uFFFD" + `<>&"]`},
		{"blobs", []byte{0, 255}, `"AP8="`},
		{"not a number", []float64{math.NaN(), math.Inf(1), math.Inf(-1)}, `["NaN","Infinity","-Infinity"]`},
		{"documents", types.DeploymentLifecycleHook{HookDetails: ecsdocument.NewLazyDocument(map[string]any{"a": []int{1}})}, `{"hookDetails":{"a":[1]}}`},
		{"unions", []types.ServiceConnectContainerConfiguration{&types.ServiceConnectContainerConfigurationMemberLogLevel{Value: "debug"}}, `[{"logLevel":"debug"}]`},
		{"before 1970", []time.Time{time.Unix(-2, 500_000_000), time.Unix(-1, 0)}, `[-1.5,-1]`},
		{"nil", nil, `null`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := MarshalJSON(tt.in, true)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !json.Valid(got) {
				t.Error("not valid JSON")
			}
		})
	}
}

func TestUnmarshalJSONRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"number for text", `{"family":1}`, "family: NUMBER_VALUE can not be converted to a String"},
		{"boolean for text", `{"family":true}`, "family: BOOLEAN_VALUE can not be converted to a String"},
		{"text for a number", `{"containerDefinitions":[{"cpu":"1"}]}`, "containerDefinitions[0].cpu: STRING_VALUE can not be converted to a Integer"},
		{"fraction for a number", `{"containerDefinitions":[{},{"cpu":1.5}]}`, "containerDefinitions[1].cpu: 1.5 is not an Integer"},
		{"out of range", `{"containerDefinitions":[{"cpu":2147483648}]}`, "containerDefinitions[0].cpu: the number 2147483648 is out of range"},
		{"object for a list", `{"containerDefinitions":{}}`, "containerDefinitions: START_OBJECT can not be converted to a list"},
		{"list for an object", `{"runtimePlatform":[]}`, "runtimePlatform: START_ARRAY can not be converted to a structure"},
		{"text for a map", `{"containerDefinitions":[{"dockerLabels":"x"}]}`, "containerDefinitions[0].dockerLabels: STRING_VALUE can not be converted to a map"},
		{"number in a map", `{"containerDefinitions":[{"dockerLabels":{"a":1}}]}`, "containerDefinitions[0].dockerLabels.a: NUMBER_VALUE can not be converted to a String"},
		{"no JSON", `{`, "SerializationException: The body is not JSON: unexpected end of JSON input."},
		{"two values", `{} {}`, "SerializationException: The body is not JSON: invalid character '{' after top-level value."},
		{"too deep", strings.Repeat(`{"a":`, 200), "SerializationException: The request is nested more than 100 levels deep."},
		{"list at the top", `[]`, "START_ARRAY can not be converted to a structure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := UnmarshalJSON([]byte(tt.text), &ecs.RegisterTaskDefinitionInput{}, true)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestUnmarshalJSONAccepts(t *testing.T) {
	var in ecs.RegisterTaskDefinitionInput
	text := `{"__type":"x","family":"f","cpu":null,"unknown":{"a":[1]},"volumes":[null,{"name":"v"}],
		"containerDefinitions":[{"cpu":1e2,"memory":10.0,"dockerLabels":{"a":null,"b":"c"}}]}`
	if err := UnmarshalJSON([]byte(text), &in, true); err != nil {
		t.Fatal(err)
	}
	want := ecs.RegisterTaskDefinitionInput{
		Family:  aws.String("f"),
		Volumes: []types.Volume{{Name: aws.String("v")}},
		ContainerDefinitions: []types.ContainerDefinition{{
			Cpu: 100, Memory: aws.Int32(10), DockerLabels: map[string]string{"b": "c"},
		}},
	}
	if d := cmp.Diff(want, in, ignoreMarkers); d != "" {
		t.Error(d)
	}
	for _, text := range []string{"null", " {} "} {
		if err := UnmarshalJSON([]byte(text), &in, true); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// ignoreMarkers skips the SDK's unexported fields and compares documents by
// their text.
var ignoreMarkers = cmp.Options{
	cmp.FilterPath(func(p cmp.Path) bool {
		f, ok := p.Last().(cmp.StructField)
		return ok && f.Name() == "noSmithyDocumentSerde"
	}, cmp.Ignore()),
	cmpopts.IgnoreUnexported(ecs.RegisterTaskDefinitionInput{}),
	cmp.Comparer(func(a, b ecsdocument.Interface) bool {
		x, errX := DocumentJSON(a)
		y, errY := DocumentJSON(b)
		return errX == nil && errY == nil && string(x) == string(y)
	}),
}

func TestUnionTakesOneMember(t *testing.T) {
	var out []types.ServiceConnectContainerConfiguration
	if err := UnmarshalJSON([]byte(`[{"logLevel":"info"},{"later":1}]`), &out, true); err != nil {
		t.Fatal(err)
	}
	m, ok := out[0].(*types.ServiceConnectContainerConfigurationMemberLogLevel)
	if !ok || m.Value != "info" || out[1] != nil {
		t.Errorf("got %#v", out)
	}
}

func TestDocuments(t *testing.T) {
	for _, text := range []string{`true`, `"Test string"`, `12345678901234567890.5`, `null`, `[1,{"b":2,"a":[]}]`} {
		d, err := NewDocument([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := DocumentJSON(d)
		if err != nil || string(got) != text {
			t.Errorf("%s became %s, %v", text, got, err)
		}
		hook := Stored[types.DeploymentLifecycleHook]{types.DeploymentLifecycleHook{HookDetails: d}}
		kept, err := json.Marshal(hook)
		if err != nil {
			t.Fatal(err)
		}
		var back Stored[types.DeploymentLifecycleHook]
		if err := json.Unmarshal(kept, &back); err != nil {
			t.Fatal(err)
		}
		if text == "null" { // absent and null are the same on the wire
			continue
		}
		var want, v any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		again, err := DocumentJSON(back.V.HookDetails)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &v); err != nil || !cmp.Equal(v, want) {
			t.Errorf("%s was kept as %s", text, again)
		}
	}
	if got, err := DocumentJSON(nil); err != nil || string(got) != "null" {
		t.Errorf("no document is %s, %v", got, err)
	}
	if _, err := NewDocument([]byte("{")); err == nil {
		t.Error("a broken document is accepted")
	}
}

package ecs

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/taskdef"
	"github.com/grue-ecs/grue/internal/wire"
)

// full uses as many members of a task definition as go together.
const full = `{
 "family":"full","networkMode":"awsvpc","cpu":".5 vCPU","memory":"1 GB","requiresCompatibilities":["FARGATE"],
 "executionRoleArn":"arn:aws:iam::000000000000:role/exec","taskRoleArn":"arn:aws:iam::000000000000:role/task",
 "runtimePlatform":{"cpuArchitecture":"X86_64","operatingSystemFamily":"LINUX"},"ephemeralStorage":{"sizeInGiB":30},
 "volumes":[{"name":"scratch"}],"enableFaultInjection":false,"pidMode":"task",
 "containerDefinitions":[
  {"name":"app","image":"repo/app@sha256:aa","cpu":128,"memory":512,"memoryReservation":256,
   "portMappings":[{"containerPort":8080,"name":"http","appProtocol":"http"},{"containerPortRange":"9000-9010"}],
   "environment":[{"name":"A","value":"1"}],"secrets":[{"name":"B","valueFrom":"arn:aws:ssm:us-east-1:000000000000:parameter/b"}],
   "dependsOn":[{"containerName":"init","condition":"SUCCESS"},{"containerName":"cache","condition":"HEALTHY"}],
   "mountPoints":[{"sourceVolume":"scratch","containerPath":"/scratch","readOnly":true}],
   "logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"g","awslogs-region":"us-east-1","awslogs-stream-prefix":"p"}},
   "healthCheck":{"command":["CMD-SHELL","true"],"startPeriod":10},"stopTimeout":60,"startTimeout":100,
   "restartPolicy":{"enabled":true,"ignoredExitCodes":[3]},"versionConsistency":"disabled",
   "linuxParameters":{"initProcessEnabled":true,"capabilities":{"add":["SYS_PTRACE"],"drop":["ALL"]}},
   "ulimits":[{"name":"nofile","softLimit":1024,"hardLimit":2048}],"dockerLabels":{"l":"v"},"user":"1000:1000",
   "readonlyRootFilesystem":true,"workingDirectory":"/w","command":["run"],"entryPoint":["/bin/app"]},
  {"name":"init","image":"init","essential":false},
  {"name":"cache","image":"cache","essential":true,"healthCheck":{"command":["CMD","ok"]}}]}`

// TestRoundTrip registers what was described, as clients do after removing the
// members that only answers have: nothing else may differ.
func TestRoundTrip(t *testing.T) {
	w := newWorld(t)
	describe := func(in *sdk.RegisterTaskDefinitionInput) map[string]any {
		out, err := w.s.RegisterTaskDefinition(w.ctx, in)
		must(w, 0, err)
		d, err := w.s.DescribeTaskDefinition(w.ctx, &sdk.DescribeTaskDefinitionInput{TaskDefinition: out.TaskDefinition.TaskDefinitionArn})
		must(w, 0, err)
		doc, err := wire.MarshalJSON(*d.TaskDefinition, true)
		must(w, 0, err)
		var m map[string]any
		must(w, 0, json.Unmarshal(doc, &m))
		for _, member := range []string{"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy"} {
			if m[member] == nil {
				t.Errorf("the description lacks %s", member)
			}
			delete(m, member)
		}
		return m
	}
	register := func(doc []byte) *sdk.RegisterTaskDefinitionInput {
		in := &sdk.RegisterTaskDefinitionInput{}
		must(w, 0, wire.UnmarshalJSON(doc, in, true))
		return in
	}
	first := describe(register([]byte(full)))
	for k := range first {
		if _, ok := reflect.TypeFor[sdk.RegisterTaskDefinitionInput]().FieldByNameFunc(func(n string) bool {
			return len(n) > 0 && string(n[0]|0x20)+n[1:] == k
		}); !ok {
			t.Errorf("%s cannot be registered again", k)
		}
	}
	doc, err := json.Marshal(first)
	must(w, 0, err)
	if second := describe(register(doc)); !reflect.DeepEqual(first, second) {
		t.Errorf("not the same:\n%v\n%v", first, second)
	}
}

func TestRevisions(t *testing.T) {
	w := newWorld(t)
	one, two := w.define("web"), w.define("web")
	if one == two {
		t.Fatal("an identical definition is a new revision")
	}
	list := func(in sdk.ListTaskDefinitionsInput) []string {
		out, err := w.s.ListTaskDefinitions(w.ctx, &in)
		return must(w, out, err).TaskDefinitionArns
	}
	other := w.define("web2")
	if got := list(sdk.ListTaskDefinitionsInput{}); !slices.Equal(got, []string{one, two, other}) {
		t.Errorf("ASC %v", got)
	}
	if got := list(sdk.ListTaskDefinitionsInput{Sort: types.SortOrderDesc}); !slices.Equal(got, []string{other, two, one}) {
		t.Errorf("DESC %v", got)
	}
	if got := list(sdk.ListTaskDefinitionsInput{FamilyPrefix: ptr("web")}); !slices.Equal(got, []string{one, two}) {
		t.Errorf("familyPrefix is a whole name, got %v", got)
	}
	_, err := w.s.DeleteTaskDefinitions(w.ctx, &sdk.DeleteTaskDefinitionsInput{TaskDefinitions: []string{"web"}})
	refused(t, err, "InvalidParameterException", "revision is required")
	del := func(ref string) *sdk.DeleteTaskDefinitionsOutput {
		out, err := w.s.DeleteTaskDefinitions(w.ctx, &sdk.DeleteTaskDefinitionsInput{TaskDefinitions: []string{ref}})
		return must(w, out, err)
	}
	if out := del("web:2"); len(out.Failures) != 1 {
		t.Error("an ACTIVE definition was deleted")
	}
	dereg, err := w.s.DeregisterTaskDefinition(w.ctx, &sdk.DeregisterTaskDefinitionInput{TaskDefinition: ptr("web:2")})
	if must(w, dereg, err).TaskDefinition.Status != types.TaskDefinitionStatusInactive {
		t.Error("not INACTIVE")
	}
	_, err = w.s.CreateService(w.ctx, web(two))
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
	w.cluster()
	_, err = w.s.CreateService(w.ctx, web(two))
	refused(t, err, "ClientException", "TaskDefinition is inactive")
	if out := del("web:2"); len(out.TaskDefinitions) != 1 || out.TaskDefinitions[0].Status != types.TaskDefinitionStatusDeleteInProgress {
		t.Errorf("got %+v", out)
	}
	_, err = w.s.DescribeTaskDefinition(w.ctx, &sdk.DescribeTaskDefinitionInput{TaskDefinition: ptr("web:2")})
	refused(t, err, "ClientException", "Unable to describe task definition.")
	if got := w.define("web"); got[len(got)-1] != '3' {
		t.Errorf("number used again: %s", got)
	}
}

func TestDeletedDefinitionStaysWhileInUse(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	td := w.define("web")
	w.create(web(td))
	_, err := w.s.DeregisterTaskDefinition(w.ctx, &sdk.DeregisterTaskDefinitionInput{TaskDefinition: &td})
	must(w, 0, err)
	_, err = w.s.DeleteTaskDefinitions(w.ctx, &sdk.DeleteTaskDefinitionsInput{TaskDefinitions: []string{td}})
	must(w, 0, err)
	d, err := w.s.DescribeTaskDefinition(w.ctx, &sdk.DescribeTaskDefinitionInput{TaskDefinition: &td})
	if must(w, d, err).TaskDefinition.Status != types.TaskDefinitionStatusDeleteInProgress {
		t.Errorf("status %s", d.TaskDefinition.Status)
	}
}

func TestFamilies(t *testing.T) {
	w := newWorld(t)
	w.define("a1")
	w.define("a2")
	w.define("b")
	_, err := w.s.DeregisterTaskDefinition(w.ctx, &sdk.DeregisterTaskDefinitionInput{TaskDefinition: ptr("a2:1")})
	must(w, 0, err)
	for _, tt := range []struct {
		prefix string
		status types.TaskDefinitionFamilyStatus
		want   []string
	}{
		{"", "", []string{"a1", "a2", "b"}},
		{"a", "", []string{"a1", "a2"}},
		{"", "ACTIVE", []string{"a1", "b"}},
		{"", "INACTIVE", []string{"a2"}},
		{"", "ALL", []string{"a1", "a2", "b"}},
	} {
		out, err := w.s.ListTaskDefinitionFamilies(w.ctx, &sdk.ListTaskDefinitionFamiliesInput{FamilyPrefix: text(tt.prefix), Status: tt.status})
		if got := must(w, out, err).Families; !slices.Equal(got, tt.want) {
			t.Errorf("%q %q: %v, want %v", tt.prefix, tt.status, got, tt.want)
		}
	}
}

// FuzzRegister: whatever JSON a client sends, nothing panics, and what would be
// stored comes back from disk and registers again as it is.
func FuzzRegister(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"family":"f","containerDefinitions":[{"name":"a","image":"i","memory":64,"links":["a:b"],"logConfiguration":{"logDriver":"json-file"}}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		in := &sdk.RegisterTaskDefinitionInput{}
		if wire.UnmarshalJSON(doc, in, true) != nil {
			return
		}
		def, err := taskdef.Normalise(definitionOf(in))
		if err != nil || taskdef.Validate(&def) != nil {
			return
		}
		stored, err := json.Marshal(wire.Stored[types.TaskDefinition]{V: def})
		if err != nil {
			t.Fatal(err)
		}
		var back wire.Stored[types.TaskDefinition]
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatal(err)
		}
		again, err := taskdef.Normalise(back.V)
		if err != nil || taskdef.Validate(&again) != nil {
			t.Fatalf("%v after a round trip of %s", err, stored)
		}
		if twice, _ := json.Marshal(wire.Stored[types.TaskDefinition]{V: again}); string(twice) != string(stored) {
			t.Fatalf("not the same:\n%s\n%s", stored, twice)
		}
	})
}

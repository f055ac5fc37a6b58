package change

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func read(t *testing.T, texts ...string) (*Files, error) {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i, text := range texts {
		path := filepath.Join(dir, string(rune('a'+i))+".json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return ReadFiles(paths)
}

// What ecspresso keeps in ecs-service-def.json: a described service, less some.
const ecspressoService = `{
  "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}, "maximumPercent": 200, "minimumHealthyPercent": 100},
  "deploymentController": {"type": "ECS"}, "desiredCount": 2, "enableECSManagedTags": false, "enableExecuteCommand": true,
  "healthCheckGracePeriodSeconds": 0, "launchType": "FARGATE",
  "loadBalancers": [{"containerName": "app", "containerPort": 80, "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/1"}],
  "networkConfiguration": {"awsvpcConfiguration": {"assignPublicIp": "ENABLED", "subnets": ["subnet-1"]}},
  "pendingCount": 0, "platformFamily": "Linux", "platformVersion": "LATEST", "propagateTags": "NONE", "runningCount": 0,
  "schedulingStrategy": "REPLICA", "tags": [{"key": "team", "value": "a"}]
}`

func TestServiceFile(t *testing.T) {
	f, err := read(t, ecspressoService)
	if err != nil {
		t.Fatal(err)
	}
	in, notes := f.Service.creation()
	if in.LaunchType != "FARGATE" || aws.ToInt32(in.DesiredCount) != 2 || !in.EnableExecuteCommand || len(in.Tags) != 1 || len(in.LoadBalancers) != 1 {
		t.Errorf("create: %+v", in)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "pendingCount, platformFamily, runningCount left out") {
		t.Errorf("notes: %q", notes)
	}
}

func TestDefinitionFile(t *testing.T) {
	const body = `"family":"web","cpu":"256","containerDefinitions":[{"name":"app","image":"app:v1"}]`
	f, err := read(t, `{`+body+`,"tags":[]}`, `{"serviceName":"web"}`)
	if err != nil || aws.ToString(f.Definition.Input.Family) != "web" || f.Definition.Input.Tags != nil || f.Service.Name != "web" {
		t.Fatalf("%v %+v", err, f)
	}
	f, err = read(t, `{"taskDefinition":{`+body+`,"revision":7,"status":"ACTIVE"},"tags":[{"key":"a","value":"b"}]}`)
	if err != nil || len(f.Definition.Input.Tags) != 1 {
		t.Fatalf("%v %+v", err, f)
	}
	if n := f.Definition.Notes; len(n) != 1 || !strings.Contains(n[0], "revision, status left out") {
		t.Errorf("notes: %q", n)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, want string
		texts      []string
	}{
		{name: "unknown members", texts: []string{`{"serviceName":"web","desired":2,"colour":"red"}`}, want: "no such member: colour, desired;"},
		{name: "unknown members inside", texts: []string{`{"deploymentConfiguration":{"bake":5},"tags":[{"k":1}]}`}, want: "bake (in DeploymentConfiguration), k (in Tag)"},
		{name: "unknown in a definition", texts: []string{`{"family":"web","containerDefinitions":[{"nam":"app"}]}`}, want: "nam (in ContainerDefinition)"},
		{name: "unknown of a definition", texts: []string{`{"family":"web","memry":"1"}`}, want: "no such member: memry"},
		{name: "unknown beside a definition", texts: []string{`{"taskDefinition":{"family":"web"},"tag":[]}`}, want: "no such member: tag"},
		{name: "wrong type", texts: []string{`{"desiredCount":"two"}`}, want: "desiredCount"},
		{name: "a template", texts: []string{`{"image":"{{ must_env "TAG" }}"}`}, want: "ecspresso render"},
		{name: "no JSON", texts: []string{"{\n \"a\": 1,\n}"}, want: "line 3"},
		{name: "no object", texts: []string{`[1]`}, want: "not a JSON object"},
		{name: "two services", texts: []string{`{}`, `{}`}, want: "it is a service, as"},
		{name: "two definitions", texts: []string{`{"family":"a"}`, `{"family":"a"}`}, want: "it is a task definition, as"},
	} {
		if _, err := read(t, c.texts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := ReadFiles([]string{"does-not-exist.json"}); err == nil {
		t.Error("a file that is not there was read")
	}
}

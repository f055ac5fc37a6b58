package web

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.update(func(tx *store.Tx) {
		for i, color := range []string{"blue", "green"} {
			def := &state.TaskDefinition{Scope: d.scope, Family: "web", Revision: i + 1}
			def.Def.V = ecs.TaskDefinition{
				TaskDefinitionArn:    aws.String(d.scope.TaskDefinition("web", i+1)),
				ContainerDefinitions: []ecs.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("web:v1"), Environment: []ecs.KeyValuePair{{Name: aws.String("COLOR"), Value: &color}}}},
			}
			state.TaskDefinitions.Put(tx, def.Key(), def)
			rev := &state.Revision{Scope: d.scope, Cluster: "c", Service: "web", N: color}
			rev.Body.V = ecs.ServiceRevision{TaskDefinition: def.Def.V.TaskDefinitionArn}
			state.Revisions.Put(tx, rev.Key(), rev)
		}
	})
	ask := func(a, b string) string {
		return "/ui/api/compare?" + url.Values{"cluster": {"c"}, "service": {"web"}, "a": {a}, "b": {b}}.Encode()
	}
	var out Differences
	if status := d.get(ask("blue", "green"), &out); status != 200 || len(out.Differences) != 2 {
		t.Fatalf("%d %+v", status, out)
	}
	if x := out.Differences[1]; x.Path != "containerDefinitions[app].environment[COLOR]" || *x.Before != "blue" || *x.After != "green" {
		t.Errorf("%+v", x)
	}
	if status := d.get(ask("blue", "blue"), &out); status != 200 || out.Differences == nil || len(out.Differences) != 0 {
		t.Errorf("%d %+v", status, out)
	}
	var p Problem
	if status := d.get(ask("blue", "red"), &p); status != 404 || p.Code != "ServiceRevisionNotFound" {
		t.Errorf("%d %+v", status, p)
	}
}

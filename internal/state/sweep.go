package state

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/store"
)

// SweepDefinitions removes task definitions that are DELETE_IN_PROGRESS and that
// neither a service nor a task uses any more. All keys begin with prefix.
func SweepDefinitions(tx *store.Tx, prefix string) {
	doomed := map[string]string{} // ARN → key
	for key, td := range TaskDefinitions.Prefix(tx, prefix) {
		if td.Doomed() {
			doomed[aws.ToString(td.Def.V.TaskDefinitionArn)] = key
		}
	}
	if len(doomed) == 0 {
		return
	}
	for _, svc := range Services.Prefix(tx, prefix) {
		if svc.Status == "INACTIVE" {
			continue
		}
		for _, n := range append(slices.Clone(svc.Listed), svc.Primary, svc.Live) {
			if rev, ok := Revisions.Get(tx, svc.Key()+"/"+n); ok {
				delete(doomed, aws.ToString(rev.Body.V.TaskDefinition))
			}
		}
	}
	for _, t := range Tasks.Prefix(tx, prefix) {
		if t.LastStatus != "STOPPED" {
			delete(doomed, t.TaskDefinition)
		}
	}
	for _, key := range doomed {
		TaskDefinitions.Delete(tx, key)
	}
}

// Doomed tells whether the definition is to be removed with its last user.
func (d *TaskDefinition) Doomed() bool {
	return d.Def.V.Status == ecs.TaskDefinitionStatusDeleteInProgress
}

package state

import (
	"fmt"
	"strconv"
	"strings"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// TaskDefinition is one revision of a family, with defaults filled in.
type TaskDefinition struct {
	arn.Scope
	Family   string
	Revision int
	Def      wire.Stored[ecs.TaskDefinition]
	Tags     []ecs.Tag
}

// Key in TaskDefinitions: revisions of a family sort by number.
func (d *TaskDefinition) Key() string { return TaskDefinitionKey(d.Scope, d.Family, d.Revision) }

// TaskDefinitionKey is the key of family:revision.
func TaskDefinitionKey(s arn.Scope, family string, revision int) string {
	return s.Key(family, fmt.Sprintf("%010d", revision))
}

// Family remembers the highest revision number that a family ever had: numbers
// are never used again, not even after a deletion.
type Family struct {
	arn.Scope
	Name string
	Last int
}

// TaskDefinitions by account/region/family/revision, Families by account/region/family.
var (
	TaskDefinitions = store.NewTable[TaskDefinition]("ecs.taskdefinition")
	Families        = store.NewTable[Family]("ecs.family")
)

// DefinitionByARN finds a task definition, INACTIVE ones included.
func DefinitionByARN(tx *store.Tx, s string) (*TaskDefinition, bool) {
	a, ok := arn.Parse(s)
	if !ok {
		return nil, false
	}
	parts, ok := arn.Path(s, "ecs", "task-definition")
	if !ok || len(parts) != 1 {
		return nil, false
	}
	i := strings.LastIndexByte(parts[0], ':')
	if i < 0 {
		return nil, false
	}
	n, err := strconv.Atoi(parts[0][i+1:])
	if err != nil {
		return nil, false
	}
	return TaskDefinitions.Get(tx, TaskDefinitionKey(arn.Scope{Account: a.Account, Region: a.Region}, parts[0][:i], n))
}

package hook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// definition is the one to run: the revision's, or the one that ref names.
func definition(tx *store.Tx, rev *state.Revision, ref string) (*state.TaskDefinition, error) {
	if ref == "" {
		ref = aws.ToString(rev.Body.V.TaskDefinition)
	}
	family := ref
	if parts, ok := arn.Path(ref, "ecs", "task-definition"); ok && len(parts) == 1 {
		a, _ := arn.Parse(ref)
		if a.Account != rev.Account || a.Region != rev.Region {
			return nil, fmt.Errorf("the task definition %s is of another account or Region", ref)
		}
		family = parts[0]
	}
	family, number, numbered := strings.Cut(family, ":")
	n, err := strconv.Atoi(number)
	if !numbered {
		if f, ok := state.Families.Get(tx, rev.Scope.Key(family)); ok {
			n = newest(tx, f)
		}
	} else if err != nil {
		n = 0
	}
	td, ok := state.TaskDefinitions.Get(tx, state.TaskDefinitionKey(rev.Scope, family, n))
	if !ok {
		return nil, fmt.Errorf("the task definition %s does not exist", shorten(ref))
	}
	return td, nil
}

// newest is the latest ACTIVE revision of a family; 0 = none.
func newest(tx *store.Tx, f *state.Family) int {
	for n := f.Last; n > 0; n-- {
		td, ok := state.TaskDefinitions.Get(tx, state.TaskDefinitionKey(f.Scope, f.Name, n))
		if ok && td.Def.V.Status == ecs.TaskDefinitionStatusActive {
			return n
		}
	}
	return 0
}

// container finds the container whose exit code counts: the named one, or the
// first essential one.
func container(td *state.TaskDefinition, name string) (*ecs.ContainerDefinition, error) {
	list := td.Def.V.ContainerDefinitions
	i := slices.IndexFunc(list, func(c ecs.ContainerDefinition) bool {
		if name == "" {
			return essential(&c)
		}
		return aws.ToString(c.Name) == name
	})
	if i < 0 {
		return nil, fmt.Errorf("the task definition %s has no container %q", aws.ToString(td.Def.V.TaskDefinitionArn), shorten(name))
	}
	return &list[i], nil
}

func essential(c *ecs.ContainerDefinition) bool { return c.Essential == nil || *c.Essential }

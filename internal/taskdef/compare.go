package taskdef

import (
	"reflect"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Registrable returns the part of a definition that RegisterTaskDefinition
// takes: what clients keep of a described definition before they register it
// again.
func Registrable(d ecs.TaskDefinition) ecs.TaskDefinition {
	d.TaskDefinitionArn, d.Status, d.Revision = nil, "", 0
	d.RequiresAttributes, d.Compatibilities = nil, nil
	d.RegisteredAt, d.RegisteredBy, d.DeregisteredAt, d.DeleteRequestedAt = nil, nil, nil, nil
	return d
}

// Equal tells whether two normalised definitions run the same containers the
// same way. Families and revisions do not matter.
func Equal(a, b *ecs.TaskDefinition) bool {
	x, y := Registrable(*a), Registrable(*b)
	x.Family, y.Family = nil, nil
	return reflect.DeepEqual(x, y)
}

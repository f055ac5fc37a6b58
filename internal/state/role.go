package state

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TaskRole is the ARN of the role whose keys a task gets: that of its overrides,
// else that of its definition; "" = none.
func TaskRole(t *Task, def *ecs.TaskDefinition) string {
	if own := aws.ToString(t.Overrides.V.TaskRoleArn); own != "" {
		return own
	}
	return aws.ToString(def.TaskRoleArn)
}

package engine

import (
	"fmt"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/state"
)

// checkLogs tells whether the log drivers of a task can work, before a container
// starts: the log group must exist, unless awslogs-create-group says otherwise.
func (e *Engine) checkLogs(t *state.Task, def *ecs.TaskDefinition) error {
	for i, c := range def.ContainerDefinitions {
		if !e.hasContainerLogs(c.LogConfiguration) {
			continue
		}
		o := c.LogConfiguration.Options
		to, err := logs.TargetOf(o, t.Scope, t.Containers[i].Name, t.ID, "")
		if err != nil {
			return fmt.Errorf("failed to validate logger args: %w", err)
		}
		if o["awslogs-create-group"] == "true" {
			continue
		}
		if _, err := e.opts.Logs.Group(to.Scope, to.Group); err != nil {
			return fmt.Errorf("failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: "+
				"ResourceNotFoundException: The specified log group does not exist. (%s in %s; create it, or set awslogs-create-group to true)", to.Group, to.Scope.Region)
		}
	}
	return nil
}

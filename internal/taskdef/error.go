package taskdef

import (
	"fmt"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Error is a refusal of a task definition, in ECS's words.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

func refuse(format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...)}
}

// invalid is the form in which ECS refuses a setting of a container.
func invalid(c *ecs.ContainerDefinition, format string, args ...any) error {
	return refuse("Invalid setting for container '%s'. %s", val(c.Name), fmt.Sprintf(format, args...))
}

// val is what p points to, or the zero value.
func val[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// firstError returns the first error of checks that have the same argument.
func firstError[T any](arg T, checks ...func(T) error) error {
	for _, check := range checks {
		if err := check(arg); err != nil {
			return err
		}
	}
	return nil
}

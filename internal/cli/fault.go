package cli

import (
	"os"

	"github.com/grue-ecs/grue/internal/fault"
)

// armFaults makes the failpoints deadly that the environment names, for this
// process alone: what it starts must not die of them.
func armFaults() error {
	plan, once := os.Getenv(fault.Variable), os.Getenv(fault.OnceVariable)
	os.Unsetenv(fault.Variable)
	os.Unsetenv(fault.OnceVariable)
	if err := fault.Arm(plan, once); err != nil {
		return usageError(err.Error())
	}
	return nil
}

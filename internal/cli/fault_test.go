package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/internal/fault"
)

// What the server starts must not find the plan in its environment, whatever it says.
func TestFaultsStayHere(t *testing.T) {
	t.Setenv(fault.Variable, "no.such.point")
	t.Setenv(fault.OnceVariable, "/tmp/fired")
	if err := armFaults(); err == nil || !strings.Contains(err.Error(), "no.such.point") {
		t.Errorf("a plan with an unknown point: %v", err)
	}
	for _, name := range []string{fault.Variable, fault.OnceVariable} {
		if v, ok := os.LookupEnv(name); ok {
			t.Errorf("%s=%s is still in the environment", name, v)
		}
	}
	if err := armFaults(); err != nil {
		t.Errorf("without a plan: %v", err)
	}
}

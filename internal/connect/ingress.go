package connect

import (
	"github.com/grue-ecs/grue/internal/state"
)

// ingress adds the listeners inside the tasks that provide an endpoint.
func (p *part) ingress(e *Endpoint, list members) {}

// logFile names the access log of a task's proxy.
func logFile(c *state.Connect, task string) string {
	if c.Log.Format == "" || c.Log.Group == "" {
		return ""
	}
	return task + ".log"
}

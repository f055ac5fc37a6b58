package hook

import (
	"context"
	"encoding/json"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// Call is one call of a hook.
type Call struct {
	// Deployment is the service deployment whose hook it is. It is not changed.
	Deployment *state.Deployment
	// Invoke is what the deployment machine asked for. Its ID is the same whenever
	// the same call is made again, as after a crash of the server.
	Invoke deploy.InvokeHook
}

// Answer is what a hook said.
type Answer struct {
	Status  deploy.HookStatus // SUCCEEDED, FAILED or IN_PROGRESS; else it could not be understood
	Delay   time.Duration     // callBackDelay; 0 = not given
	Details json.RawMessage   // hookDetails for the next call, merged over those of this one; nil = none
	Error   string            // why the call failed, as a sentence for statusReason; then Status is ignored
}

// Caller calls hooks. Call returns when the hook answered, failed or ctx ended.
type Caller interface {
	Call(ctx context.Context, c Call) Answer
}

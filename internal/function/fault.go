package function

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints of an invocation.
var (
	faultRun      = fault.New("function.run.before")
	faultTaken    = fault.New("function.run.started")
	faultAnswer   = fault.New("function.answer.before")
	faultAnswered = fault.New("function.answer.after")
)

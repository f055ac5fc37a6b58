package logs

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints on the way of a container's output.
var (
	faultFollow   = fault.New("logs.follow.before")
	faultFollowed = fault.New("logs.follow.after")
	faultAppend   = fault.New("logs.append.before")
	faultAppended = fault.New("logs.append.after")
	faultFinish   = fault.New("logs.finish.before")
	faultFinished = fault.New("logs.finish.after")
)

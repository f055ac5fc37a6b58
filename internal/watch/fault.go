package watch

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints of the evaluation of alarms.
var (
	faultLook    = fault.New("watch.look.before")
	faultFound   = fault.New("watch.change.before")
	faultChanged = fault.New("watch.change.after")
)

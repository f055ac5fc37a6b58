//go:build !linux

package cli

import (
	"runtime/debug"
	"time"
)

// shrink gives free heap back once the process has settled.
func shrink() { time.AfterFunc(time.Second, debug.FreeOSMemory) }

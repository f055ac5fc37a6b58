//go:build !linux

package function

import (
	"log/slog"
	"syscall"
)

type memoryLimits struct{}

// newMemoryLimits: without control groups MemorySize is recorded only.
func newMemoryLimits(_ string, log *slog.Logger) *memoryLimits {
	log.Debug("memory limits of functions are not enforced on this system")
	return &memoryLimits{}
}

func (*memoryLimits) limit(string, int) *memoryLimit { return &memoryLimit{} }

type memoryLimit struct{}

func (*memoryLimit) apply(*syscall.SysProcAttr) func() { return func() {} }
func (*memoryLimit) join(int)                          {}
func (*memoryLimit) kill()                             {}
func (*memoryLimit) remove()                           {}

// memory is not known here.
func (h *host) memory() int { return 0 }

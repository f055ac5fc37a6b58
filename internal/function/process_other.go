//go:build unix && !linux

package function

import "syscall"

// dieWithParent has no counterpart here: a runtime ends when it asks for its
// next invocation and nobody answers.
func dieWithParent(*syscall.SysProcAttr) {}

//go:build !linux

package proxy

import "errors"

// listenInside fails: only Linux has network namespaces.
func listenInside(pending []*opening) {
	fail(pending, errors.New("listening inside a task's network namespace needs Linux"))
}

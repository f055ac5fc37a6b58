//go:build !linux

package oci

import "github.com/grue-ecs/grue/internal/runtime"

// New answers ErrUnsupported outside Linux.
func New(Options) (runtime.Driver, error) { return nil, ErrUnsupported }

// Destroy has nothing to remove outside Linux.
func Destroy(Options) error { return nil }

// Kill has nothing to end outside Linux.
func Kill(Options) error { return nil }

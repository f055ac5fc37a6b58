//go:build !linux

package server

import "context"

// serveMetadata has nothing to serve: there is no bridge of grue's own.
func (s *server) serveMetadata(context.Context) error { return nil }

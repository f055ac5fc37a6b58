//go:build !linux

package cli

import "path/filepath"

// socketAddr names a socket file; done ends the use of the name.
func socketAddr(dir, name string) (addr string, done func(), err error) {
	return filepath.Join(dir, name), func() {}, nil
}

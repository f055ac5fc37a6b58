//go:build !linux

package shim

import (
	"fmt"
	"os"
)

// Main answers that the oci runtime needs Linux.
func Main([]string) int {
	fmt.Fprintln(os.Stderr, "shim: the oci runtime needs Linux")
	return 2
}

// Command grue-shim is `grue shim` as a program of its own: small, so that a
// task starts fast and its supervisor needs little memory. The Makefile builds
// it first and embeds it in grue (internal/runtime/oci/shimbinary), so that users
// still have one binary; a grue without it runs itself instead.
package main

import (
	"os"

	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "shim" {
		args = args[1:]
	}
	os.Exit(shim.Main(args))
}

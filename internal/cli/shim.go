package cli

import "github.com/grue-ecs/grue/internal/runtime/oci"

// taskProcess runs the verbs that live beside or inside a task. They come before
// the grammar is built: a task start waits for them.
func taskProcess(args []string) (code int, ok bool) {
	if len(args) == 0 {
		return 0, false
	}
	switch args[0] {
	case "shim":
		return oci.ShimMain(args[1:]), true
	}
	return 0, false
}

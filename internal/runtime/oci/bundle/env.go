package bundle

import (
	"fmt"
	"strings"

	"github.com/grue-ecs/grue/internal/runtime"
)

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Env merges the environments: later ones win, each name keeps its first place.
func Env(spec *runtime.Spec, c *runtime.Container, img Config, hostname string) []string {
	list := []string{defaultPath, "HOSTNAME=" + hostname}
	if c.TTY {
		list = append(list, "TERM=xterm")
	}
	list = append(list, img.Env...)
	for name, v := range spec.MetadataEnv {
		if strings.Contains(v, "%s") {
			v = fmt.Sprintf(v, c.EndpointID)
		}
		list = append(list, name+"="+v)
	}
	return merge(append(list, c.Env...))
}

func merge(list []string) []string {
	at := map[string]int{}
	out := list[:0:0]
	for _, kv := range list {
		name, _, ok := strings.Cut(kv, "=")
		if !ok || name == "" || strings.ContainsRune(kv, 0) {
			continue
		}
		if i, seen := at[name]; seen {
			out[i] = kv
			continue
		}
		at[name] = len(out)
		out = append(out, kv)
	}
	return out
}

func lookupEnv(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], name+"="); ok {
			return v
		}
	}
	return ""
}

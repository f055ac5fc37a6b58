package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/grue-ecs/grue/internal/server"
)

// Version of this program; packagers may set another with the linker: -X
// github.com/grue-ecs/grue/internal/cli.Version=1.2.3.
var Version = server.Version

// versionCmd is `grue version`.
type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

// Help is the long help.
func (versionCmd) Help() string {
	return `Examples:
  grue version
  grue version --json | jq -r .version`
}

// Run prints one line, or an object.
func (c versionCmd) Run(s *streams) error {
	if c.JSON {
		return printJSON(s.out, map[string]string{
			"version": Version + commit(), "os": runtime.GOOS, "arch": runtime.GOARCH, "go": runtime.Version(), "build": buildID(),
		})
	}
	_, err := fmt.Fprintf(s.out, "grue %s %s/%s %s build %s\n",
		Version+commit(), runtime.GOOS, runtime.GOARCH, runtime.Version(), short(buildID()))
	return err
}

// commit is the commit that the binary was built from, as far as it is known.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	commit, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = "+" + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ".changed"
		}
	}
	return commit + changed
}

func short(id string) string { return id[:min(12, len(id))] }

package function

import (
	_ "embed"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

//go:embed client.py
var clientPython []byte

//go:embed client.mjs
var clientNode []byte

// Runtimes that AWS lets people create today and that run here: the program
// bootstrap, or an interpreter of this machine.
var (
	providedRuntime = regexp.MustCompile(`^(provided\.al2|provided\.al2023|go1\.x)$`)
	pythonRuntime   = regexp.MustCompile(`^python3\.\d+$`)
	nodeRuntime     = regexp.MustCompile(`^nodejs\d+\.x$`)
)

// Provided tells whether a runtime runs a program of the zip.
func Provided(runtime string) bool { return providedRuntime.MatchString(runtime) }

// CheckRuntime tells why a runtime cannot run here, to a person.
func (f *Functions) CheckRuntime(runtime string) error {
	if Provided(runtime) {
		return nil
	}
	_, err := f.interpreter(runtime)
	return err
}

// interpreter finds the program that runs a managed runtime.
func (f *Functions) interpreter(runtime string) (string, error) {
	var names, ask []string
	switch {
	case pythonRuntime.MatchString(runtime):
		names, ask = []string{runtime, "python3"}, []string{"-c", "import sys; print(sys.executable)"}
	case nodeRuntime.MatchString(runtime):
		names, ask = []string{"node"}, []string{"-p", "process.execPath"}
	default:
		return "", fmt.Errorf("grue runs provided.al2023, provided.al2, python3.* and nodejs*, not %s", runtime)
	}
	f.interpreterMu.Lock()
	defer f.interpreterMu.Unlock()
	if path := f.interpreters[runtime]; path != "" {
		return path, nil
	}
	for _, name := range names {
		// The name may be a wrapper (pyenv, asdf) that needs the person's
		// environment; functions do not have it, so they run what is behind.
		out, err := exec.Command(name, ask...).Output()
		if path := strings.TrimSpace(string(out)); err == nil && filepath.IsAbs(path) {
			f.interpreters[runtime] = path
			return path, nil
		}
	}
	return "", fmt.Errorf("the runtime %s needs %s, which this machine does not have: install it, or use provided.al2023", runtime, strings.Join(names, " or "))
}

// command is what an environment of v runs; a *startError says what a failed
// invocation reports.
func (f *Functions) command(v *Version) ([]string, error) {
	runtime := string(v.Config.Runtime)
	if Provided(runtime) {
		path := filepath.Join(f.taskRoot(v), "bootstrap")
		if _, err := exec.LookPath(path); err != nil {
			return nil, &startError{badEntrypoint, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"}
		}
		return []string{path}, nil
	}
	path, err := f.interpreter(runtime)
	if err != nil {
		return nil, &startError{"Runtime.InvalidRuntime", err.Error()}
	}
	if pythonRuntime.MatchString(runtime) {
		return []string{path, f.clientPath("client.py")}, nil
	}
	return []string{path, f.clientPath("client.mjs")}, nil
}

func (f *Functions) clientPath(name string) string { return filepath.Join(f.opts.Dir, "runtime", name) }

// startError is why a process could not even begin.
type startError struct{ kind, message string }

func (e *startError) Error() string { return e.kind + ": " + e.message }

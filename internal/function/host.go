package function

import (
	"os/exec"
	"path/filepath"
	"strconv"
)

// host runs the code of a zip as a process of this machine.
type host struct {
	cmd   *exec.Cmd
	limit *memoryLimit
	pipe  *pipe
	gone  <-chan struct{} // closed when the environment is cleaned up
	done  <-chan struct{} // closed when the process has ended
}

// startHost starts the code of e; what e holds already stays with the caller.
func startHost(e *environment) (process, error) {
	argv, err := e.f.command(e.v)
	if err != nil {
		return nil, err
	}
	env, err := e.hostEnviron()
	if err != nil {
		return nil, err
	}
	h := &host{cmd: exec.Command(argv[0], argv[1:]...), gone: e.gone, done: e.exited}
	h.cmd.Dir, h.cmd.Env = e.f.taskRoot(e.v), env
	if h.pipe, err = newPipe(e.out); err != nil {
		return nil, err
	}
	h.cmd.Stdout, h.cmd.Stderr = h.pipe.w, h.pipe.w
	h.limit = e.f.memory.limit(filepath.Base(e.dir), int(*e.v.Config.MemorySize))
	if err := startProcess(h.cmd, h.limit, e.exited); err != nil {
		h.pipe.close()
		h.limit.remove()
		return nil, &startError{badEntrypoint, err.Error()}
	}
	h.pipe.start(e.f)
	close(e.started)
	return h, nil
}

func (h *host) kill() {
	select {
	case <-h.gone: // its process id may be another's by now
		return
	default:
	}
	killGroup(h.cmd.Process.Pid)
	h.limit.kill()
}

func (h *host) begin() {}

func (h *host) flush() { h.pipe.flush() }

func (h *host) how() (kind, message string) {
	s := h.cmd.ProcessState
	switch {
	case s == nil || s.Success():
		return exitError, noReason
	case s.Exited():
		return exitError, exitedWith + "exit status " + strconv.Itoa(s.ExitCode())
	}
	return exitError, exitedWith + s.String()
}

func (h *host) release() {
	h.kill() // whatever the process left behind
	h.pipe.close()
	h.limit.remove()
}

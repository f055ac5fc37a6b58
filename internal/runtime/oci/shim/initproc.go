//go:build linux

package shim

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// initMain is the init process of a container (initProcessEnabled): it runs
// the command as its child, forwards signals to it, reaps every orphan, and
// ends with the command's exit code.
func initMain(argv []string) int {
	if len(argv) > 0 && argv[0] == "--" {
		argv = argv[1:]
	}
	if len(argv) == 0 {
		fmt.Fprintln(os.Stderr, "init: no command")
		return 127
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	program, err := exec.LookPath(argv[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 127
	}
	child, err := syscall.ForkExec(program, argv, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		fmt.Fprintf(os.Stderr, "exec %s: %v\n", argv[0], err)
		return 126
	}
	for s := range signals {
		switch s {
		case syscall.SIGCHLD:
			if code, done := reapAll(child); done {
				return code
			}
		case syscall.SIGURG: // Go's own
		default:
			_ = syscall.Kill(child, s.(syscall.Signal))
		}
	}
	return 0
}

// reapAll collects every ended child and tells whether the main one is among
// them.
func reapAll(child int) (code int, done bool) {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return code, done
		}
		if pid == child {
			code, done = end{status: ws}.code(), true
		}
	}
}

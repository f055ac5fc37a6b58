//go:build unix

package function

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startProcess starts a process in a group of its own and closes exited when it
// has ended. The kernel ties "kill the child when the parent dies" to the
// thread that started it, so that thread waits for the child.
func startProcess(cmd *exec.Cmd, limit *memoryLimit, exited chan<- struct{}) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	release := limit.apply(cmd.SysProcAttr)
	defer release()
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the child
		err := cmd.Start()
		if err == nil {
			limit.join(cmd.Process.Pid)
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in ProcessState
			close(exited)
		}
	}()
	return <-started
}

// killGroup kills a process and those that it started in its group.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

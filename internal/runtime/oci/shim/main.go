//go:build linux

package shim

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/supervise"
)

// Main is `grue shim …`; it returns the exit code of the process.
func Main(args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "shim: this command is started by grue itself")
		return 2
	}
	switch args[0] {
	case "--init":
		return initMain(args[1:])
	case "--pause":
		return pauseMain()
	case "--protocol":
		fmt.Println(Protocol)
		return 0
	}
	var err error
	name := args[0]
	if name == "--wait" && len(args) == 2 {
		name, err = waitDir(args[1])
	} else {
		err = runDir(name)
	}
	if err != nil {
		complain(name, err)
		return 1
	}
	return 0
}

// complain writes to the log that all shims of a driver share.
func complain(dir string, err error) {
	fmt.Fprintf(os.Stderr, "%s shim of task %s: %v\n", time.Now().UTC().Format(time.RFC3339Nano), filepath.Base(dir), err)
}

// runDir runs the one task of this process from start to end.
func runDir(dir string) error {
	unix.CloseOnExec(LockFD)
	unix.CloseOnExec(WatchFD)
	h, err := newHost(BundleDir(filepath.Dir(filepath.Dir(dir))))
	if err != nil {
		return err
	}
	return h.run(dir, os.NewFile(WatchFD, "watch"))
}

// run reads the plan of a task and runs it; watch is the driver's connection.
func (h *host) run(dir string, watch *os.File) error {
	plan, err := ReadPlan(dir)
	if err != nil {
		return err
	}
	if err := h.mount(); err != nil {
		return err
	}
	c, failed := newContainers(dir, plan, h)
	if failed == nil && len(plan.Spec.Containers) > 1 {
		if err := plan.Cgroup.SetMemory(c.limits); err != nil {
			failed = fmt.Errorf("ResourceInitializationError: limit the task's memory: %w", err)
		}
	}
	if failed != nil {
		return WriteJSON(filepath.Join(dir, StatusFile), FailedStatus(plan.Status, failed.Error()))
	}
	var task *supervise.Task
	srv := newServer(c, func() { task.Stop() }, plan.Status)
	task = supervise.New(supervise.Options{
		Spec: plan.Spec, Containers: c, Status: plan.Status,
		Publish: func(st runtime.Status) {
			// The file first: who heard of a state must find it there.
			err := WriteJSON(filepath.Join(dir, StatusFile), st)
			if err != nil {
				complain(dir, fmt.Errorf("write status: %w", err))
			}
			srv.publish(st)
		},
	})
	l, err := listen(dir)
	if err != nil {
		return fmt.Errorf("open socket: %w", err)
	}
	defer l.Close()
	go srv.accept(l)
	watched := watchFirst(srv, watch)
	go stopOnSignal(task)
	task.Run(context.Background())
	err = c.cleanup()
	srv.told()
	watched.Wait()
	return err
}

// watchFirst serves the connection that the driver handed over at the start.
func watchFirst(srv *server, f *os.File) *sync.WaitGroup {
	var wg sync.WaitGroup
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return &wg
	}
	if u, ok := conn.(*net.UnixConn); ok {
		wg.Go(func() { defer u.Close(); srv.watch(u, nil) })
	}
	return &wg
}

func stopOnSignal(task *supervise.Task) {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	<-term
	task.Stop()
}

// FailedStatus is the end of a task none of whose containers could start.
func FailedStatus(st runtime.Status, reason string) runtime.Status {
	now := time.Now()
	st.Seq++
	st.Phase, st.Stopping, st.ExecutionStopped, st.Stopped = runtime.PhaseStopped, now, now, now
	st.Fail = &runtime.Failure{Code: "TaskFailedToStart", Reason: reason}
	containers := st.Containers
	st.Containers = nil
	for _, c := range containers {
		if c.Status != "STOPPED" {
			c.Status = "STOPPED"
			if c.Reason == "" {
				c.Reason = reason
			}
		}
		st.Containers = append(st.Containers, c)
	}
	return st
}

package proxy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// listenInside opens sockets inside the network namespaces of their keys, each
// namespace entered once. A socket belongs for ever to the namespace in which it
// was made, so that only its making needs a thread that is there.
func listenInside(pending []*opening) {
	if len(pending) == 0 {
		return
	}
	byNetns := make(map[string][]*opening)
	var order []string
	for _, o := range pending {
		if byNetns[o.key.netns] == nil {
			order = append(order, o.key.netns)
		}
		byNetns[o.key.netns] = append(byNetns[o.key.netns], o)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		if err != nil {
			runtime.UnlockOSThread()
			fail(pending, fmt.Errorf("cannot enter network namespaces: %w", err))
			return
		}
		defer home.Close()
		for _, path := range order {
			listenAt(path, byNetns[path])
		}
		// A thread that cannot come back dies with this goroutine.
		if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
	}()
	<-done
}

// listenAt enters a namespace and opens sockets there.
func listenAt(path string, pending []*opening) {
	ns, err := os.Open(path)
	if err == nil {
		err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
		ns.Close()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fail(pending, fmt.Errorf("network namespace %s is gone: the task has stopped", path))
	case errors.Is(err, unix.EINVAL):
		fail(pending, fmt.Errorf("%s is not a network namespace any more: the task has stopped", path))
	case errors.Is(err, unix.EPERM), errors.Is(err, fs.ErrPermission):
		fail(pending, fmt.Errorf("cannot enter network namespace %s: run grue as root: %w", path, err))
	case err != nil:
		fail(pending, fmt.Errorf("cannot enter network namespace %s: %w", path, err))
	default:
		for _, o := range pending {
			listen := listenTCP
			if o.bind != nil && o.bind.Aside {
				listen = listenAside
			}
			o.listener, o.err = listen(o.key.address)
		}
	}
}

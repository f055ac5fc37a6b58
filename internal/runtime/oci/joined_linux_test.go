package oci

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Who serves inside a task's namespace is told before containers start, and they
// wait for him.
func TestJoinedComesBeforeContainers(t *testing.T) {
	w := prepareWorld(t)
	told, serve := make(chan string, 1), make(chan struct{})
	w.opts.Joined = func(ctx context.Context, task, netns string) error {
		told <- task + " " + netns
		select {
		case <-serve:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	w.openNetwork()
	w.open()
	id := w.start(w.spec(app("web", "serve=:80")))
	task, netns, _ := strings.Cut(<-told, " ")
	if _, err := os.Stat(netns); err != nil || task != id {
		t.Errorf("told of %s %s: %v", task, netns, err)
	}
	all, err := w.List(t.Context())
	if err != nil || len(all) != 1 || all[0].Phase != runtime.PhasePreparing {
		t.Errorf("while it waits: %+v %v", all, err)
	}
	// A driver that closes meanwhile leaves the task to the next one, which tells again.
	w.Close()
	w.open()
	if got := <-told; !strings.HasPrefix(got, id) {
		t.Errorf("told again of %s", got)
	}
	close(serve)
	s := w.running(id)
	if s.NetNS == "" {
		t.Error("the status does not name the namespace")
	}
	w.Close()
	w.open()
	if again := w.running(id); again.NetNS != s.NetNS {
		t.Errorf("after adoption: %q, before: %q", again.NetNS, s.NetNS)
	}
	w.stop(id)
	w.remove(id)
}

func TestJoinedFailsTheStart(t *testing.T) {
	w := prepareWorld(t)
	var calls atomic.Int32
	w.opts.Joined = func(ctx context.Context, _, _ string) error {
		if calls.Add(1) == 1 {
			return errors.New("nobody serves here")
		}
		<-ctx.Done()
		return ctx.Err()
	}
	w.openNetwork()
	w.open()
	for _, want := range []string{"ResourceInitializationError: nobody serves here", "ResourceInitializationError: the task's network was not ready within 50ms"} {
		c := app("web", "serve=:80")
		c.StartTimeout = 50 * time.Millisecond
		id := w.start(w.spec(c))
		s := w.stopped(id)
		if s.Fail == nil || s.Fail.Code != "TaskFailedToStart" || !strings.HasPrefix(s.Fail.Reason, want) {
			t.Errorf("%s", show(s))
		}
		w.remove(id)
	}
	host := w.spec(app("web", "exit=0"))
	host.NetworkMode = runtime.ModeHost
	id := w.start(host)
	if w.stopped(id); calls.Load() != 2 {
		t.Error("told of a task in the machine's namespace")
	}
	w.remove(id)
}

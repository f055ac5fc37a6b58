//go:build slow

package docker

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Who serves inside a task's namespace is told before its containers are made,
// and may refuse.
func TestJoined(t *testing.T) {
	w := newWorld(t)
	w.Close()
	told, serve := make(chan string, 2), make(chan error, 2)
	w.opts.Joined = func(ctx context.Context, _, netns string) error {
		told <- netns
		return <-serve
	}
	w.open()
	id := w.begin(spec(app("web", "serve=:80")))
	netns := <-told
	if _, err := os.Readlink(netns); err != nil {
		t.Errorf("namespace %q: %v", netns, err)
	}
	if own, err := os.Readlink("/proc/self/ns/net"); err != nil || own == "" {
		t.Error(err)
	} else if theirs, _ := os.Readlink(netns); theirs == own {
		t.Error("it is our own namespace")
	}
	all, err := w.List(t.Context())
	if err != nil || len(all) != 1 || all[0].Phase != runtime.PhasePreparing {
		t.Errorf("while it waits: %+v %v", all, err)
	}
	serve <- nil
	if s := w.phase(id, runtime.PhaseRunning); s.NetNS != netns {
		t.Errorf("status names %q", s.NetNS)
	}
	if err := w.Stop(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	w.phase(id, runtime.PhaseStopped)

	serve <- errors.New("nobody serves here")
	id = w.begin(spec(app("web", "serve=:80")))
	s := w.phase(id, runtime.PhaseStopped)
	if s.Fail == nil || !strings.HasPrefix(s.Fail.Reason, "ResourceInitializationError: nobody serves here") {
		t.Errorf("%+v", s.Fail)
	}
}

// The namespace is known of each of many tasks that start at once: the process of
// a pause container is another program for a moment.
func TestJoinedOfManyTasks(t *testing.T) {
	w := newWorld(t)
	w.Close()
	const tasks = 12
	told := make(chan string, tasks)
	w.opts.Joined = func(_ context.Context, _, netns string) error {
		told <- netns
		return errors.New("that was all")
	}
	w.open()
	var ids []string
	for range tasks {
		ids = append(ids, w.begin(spec(app("web", "serve=:80"))))
	}
	for range tasks {
		if netns := <-told; netns == "" {
			t.Error("a task has no namespace")
		}
	}
	for _, id := range ids {
		w.phase(id, runtime.PhaseStopped)
	}
}

//go:build slow

package docker

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// TestAdoption: tasks go on without a driver, and the next one knows them.
func TestAdoption(t *testing.T) {
	w := newWorld(t)
	runs := w.begin(spec(app("web", "print=first", "serve=:80")))
	ends := w.begin(spec(app("short", "sleep=1s", "print=last words", "exit=4")))
	web := w.phase(runs, runtime.PhaseRunning)
	w.phase(ends, runtime.PhaseRunning)
	w.answers("http://" + web.IP)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.answers("http://" + web.IP)
	w.open()
	s := w.phase(ends, runtime.PhaseStopped)
	if c := s.Containers[0]; c.ExitCode == nil || *c.ExitCode != 4 || strings.Join(logs(t, s, "short"), "") != "stdout last words" {
		t.Errorf("%+v %q", c, logs(t, s, "short"))
	}
	s = w.phase(runs, runtime.PhaseRunning)
	if s.IP != web.IP || s.Containers[0].RuntimeID != web.Containers[0].RuntimeID || s.Seq < web.Seq {
		t.Errorf("%+v, was %+v", s, web)
	}
	w.answers("http://" + s.IP)
	if err := w.Stop(t.Context(), runs); err != nil {
		t.Fatal(err)
	}
	s = w.phase(runs, runtime.PhaseStopped)
	if got := logs(t, s, "web"); len(got) != 1 {
		t.Errorf("lines doubled or lost: %q", got)
	}
}

// TestAdoptionAtEveryStep closes the driver at random early moments.
func TestAdoptionAtEveryStep(t *testing.T) {
	w := newWorld(t)
	for i := range 12 {
		id := w.begin(spec(app("web", "serve=:80")))
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*60*time.Millisecond)
		for range w.Watch(ctx) { // let some states pass
		}
		cancel()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		w.open()
		s := w.phase(id, runtime.PhaseRunning)
		w.answers("http://" + s.IP)
		if err := w.Stop(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.phase(id, runtime.PhaseStopped)
		if err := w.Driver.Remove(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := w.ours(t.Context()); err != nil || len(found.Items) != 0 {
		t.Errorf("left: %+v %v", found.Items, err)
	}
}

func TestStrayContainersGo(t *testing.T) {
	w := newWorld(t)
	id := w.begin(spec(app("web", "serve=:80")))
	w.phase(id, runtime.PhaseRunning)
	w.Close()
	if err := os.Remove(w.recordPath(id)); err != nil {
		t.Fatal(err)
	}
	w.open()
	if found, err := w.ours(t.Context()); err != nil || len(found.Items) != 0 {
		t.Errorf("left: %+v %v", found.Items, err)
	}
}

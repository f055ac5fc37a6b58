package oci

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/grue-ecs/grue/internal/runtime"
)

func TestStartServeStop(t *testing.T) {
	w := newWorld(t)
	id := w.start(w.spec(app("web", "serve=:80")))
	s := w.running(id)
	until(t, "an HTTP answer", func() bool {
		r, err := http.Get("http://" + s.IP + "/")
		if err != nil {
			return false
		}
		defer r.Body.Close()
		data, _ := io.ReadAll(r.Body)
		return string(data) == "ok"
	})
	s = w.stop(id)
	if s.Fail != nil || s.Phase != runtime.PhaseStopped {
		t.Errorf("%s", show(s))
	}
	w.remove(id)
}

// TestStatusIsAValue: a status that a watcher holds does not change, whatever the
// task does meanwhile. The race detector sees it otherwise.
func TestStatusIsAValue(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() {
		for s := range w.Watch(ctx) {
			_ = show(s)
		}
	})
	for range 5 {
		id := w.start(w.spec(app("web", "serve=:80")))
		w.running(id)
		w.stop(id)
		w.remove(id)
	}
	cancel()
	watching.Wait()
}

package oci

import (
	"io"
	"net/http"
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

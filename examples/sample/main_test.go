package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestSpoil(t *testing.T) {
	for _, c := range []struct{ percent, of, bad int }{{0, 50, 0}, {20, 50, 10}, {1, 100, 1}, {33, 100, 33}, {100, 5, 5}} {
		h, bad := spoil(c.percent, func(http.ResponseWriter, *http.Request) {}), 0
		for range c.of {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
			if w.Code == http.StatusInternalServerError {
				bad++
			}
		}
		if bad != c.bad {
			t.Errorf("with %d %%, %d of %d answers are errors, not %d", c.percent, bad, c.of, c.bad)
		}
	}
}

package intact

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// closer is a body that nobody has closed.
type closer struct {
	io.Reader
	open bool
}

func (c *closer) Close() error { c.open = false; return nil }

// What arrives is what was sent, with its length, and the body was closed before it
// went out.
func TestClient(t *testing.T) {
	c := &closer{strings.NewReader(strings.Repeat("x", 10_000)), true}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || len(b) != 10_000 || r.ContentLength != 10_000 || c.open {
			http.Error(w, "wrong", http.StatusBadRequest)
		}
	}))
	defer h.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL, c)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := Client(h.Client().Transport).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
}

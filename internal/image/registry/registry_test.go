package registry_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/store"
)

// fixture is a registry behind HTTP on a loopback port.
type fixture struct {
	*registry.Registry
	store *store.Store
	http  *httptest.Server
	host  string
	dir   string
}

func start(t *testing.T, opts registry.Options) *fixture {
	t.Helper()
	f := &fixture{dir: t.TempDir()}
	f.open(t, opts)
	return f
}

func (f *fixture) open(t *testing.T, opts registry.Options) {
	t.Helper()
	var err error
	if f.store, err = store.Open(filepath.Join(f.dir, "state.db"), store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.store.Close() })
	opts.Dir, opts.Store = filepath.Join(f.dir, "registry"), f.store
	if f.Registry, err = registry.New(opts); err != nil {
		t.Fatal(err)
	}
	f.http = httptest.NewServer(http.HandlerFunc(f.ServeHTTP))
	t.Cleanup(f.http.Close)
	f.host = strings.TrimPrefix(f.http.URL, "http://")
}

// reopen ends the registry and opens it anew from what is on disk.
func (f *fixture) reopen(t *testing.T, opts registry.Options) {
	t.Helper()
	f.http.Close()
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	f.open(t, opts)
}

func TestPushAndPull(t *testing.T) {
	f := start(t, registry.Options{})
	img, err := random.Image(4096, 3)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := img.Digest()
	ref := f.host + "/team/app:v1"
	if err := crane.Push(img, ref); err != nil {
		t.Fatal(err)
	}
	got, err := crane.Digest(ref)
	if err != nil || got != want.String() {
		t.Fatalf("digest %s %v, want %s", got, err, want)
	}
	back, err := crane.Pull(ref)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := back.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		r, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1<<20)
		for err == nil {
			_, err = r.Read(buf)
		}
		if err.Error() != "EOF" {
			t.Fatal(err)
		}
		r.Close()
	}
}

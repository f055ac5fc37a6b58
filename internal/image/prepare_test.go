package image_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/store"
)

// machine is a registry, its HTTP address and the images of this machine.
type machine struct {
	*image.Store
	registry *registry.Registry
	host     string
	dir      string
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	m := &machine{dir: t.TempDir()}
	st, err := store.Open(filepath.Join(m.dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	m.registry, err = registry.New(registry.Options{Dir: filepath.Join(m.dir, "registry"), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(m.registry)
	t.Cleanup(server.Close)
	m.host = strings.TrimPrefix(server.URL, "http://")
	m.Store, err = image.New(image.Options{
		Dir: filepath.Join(m.dir, "images"), Registry: m.registry,
		LocalHosts: func(h string) bool { return h == m.host },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var noAuth runtime.RegistryAuth

func sample(t testing.TB, m *machine, ref, content string) string {
	t.Helper()
	img, err := image.Build(t.Context(), image.BuildOptions{
		Files: map[string]image.File{
			"/app/main":  {Content: []byte(content), Mode: 0o755},
			"/etc/thing": {Content: []byte("x")},
		},
		Entrypoint: []string{"/app/main"}, Env: []string{"A=1"}, ExposedPorts: []string{"8080/tcp"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := image.Push(t.Context(), img, m.host+"/"+ref, noAuth); err != nil {
		t.Fatal(err)
	}
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func TestPrepareFromOwnRegistry(t *testing.T) {
	m := newMachine(t)
	want := sample(t, m, "app:v1", "hello")
	for _, ref := range []string{
		m.host + "/app:v1",
		"000000000000.dkr.ecr.us-east-1.amazonaws.com/app:v1",
		"123456789.dkr.ecr.eu-west-1.amazonaws.com/app:v1",
	} {
		img, err := m.Prepare(t.Context(), ref, "", noAuth)
		if err != nil {
			t.Fatal(err)
		}
		if img.Digest != want || img.Ref != ref || len(img.Layers) != 1 {
			t.Errorf("%s: %+v, want digest %s", ref, img, want)
		}
		got, err := os.ReadFile(filepath.Join(img.Layers[0], "app/main"))
		if err != nil || string(got) != "hello" {
			t.Errorf("content %q %v", got, err)
		}
		if d, err := m.Resolve(t.Context(), ref, noAuth); err != nil || d != want {
			t.Errorf("Resolve: %s %v", d, err)
		}
	}
}

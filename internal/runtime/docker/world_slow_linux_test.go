//go:build slow

package docker

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/store"
)

// world is a driver on the Engine under test, with grue's registry beside it.
type world struct {
	t    *testing.T
	opts Options
	*Driver
}

const appImage = "123456789.dkr.ecr.us-east-1.amazonaws.com/app:v1"

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, opts: Options{
		Dir: filepath.Join(dir, "docker"), Host: engineHost, Images: images(t, dir),
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}}
	t.Cleanup(func() {
		if w.Driver != nil {
			w.Close()
		}
		if err := Destroy(w.opts); err != nil {
			t.Error(err)
		}
	})
	w.open()
	return w
}

func (w *world) open() {
	w.t.Helper()
	d, err := New(w.opts)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Driver = d
}

// images is an image store whose registry holds the test program.
func images(t *testing.T, dir string) *image.Store {
	t.Helper()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	reg, err := registry.New(registry.Options{Dir: filepath.Join(dir, "registry"), Store: st, Default: arn.Scope{Account: "123456789"}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(reg)
	t.Cleanup(srv.Close)
	program, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.Build(t.Context(), image.BuildOptions{
		Files: map[string]image.File{
			"/guest": {Content: program, Mode: 0o755}, "/data/seed": {Content: []byte("seed\n")},
			"/plain": {Content: []byte("no program\n")}, "/tmp/.keep": {},
			"/etc/passwd": {Content: []byte("root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/:/bin/sh\n")},
		},
		Entrypoint: []string{"/guest"}, Cmd: []string{"serve=:80"}, Env: []string{"FROM=image", "BOTH=image"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := image.Push(t.Context(), img, strings.TrimPrefix(srv.URL, "http://")+"/app:v1", runtime.RegistryAuth{}); err != nil {
		t.Fatal(err)
	}
	s, err := image.New(image.Options{Dir: filepath.Join(dir, "images"), Registry: reg})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func app(name string, verbs ...string) runtime.Container {
	return runtime.Container{Name: name, Image: appImage, Essential: true, Command: verbs, StopTimeout: 5 * time.Second}
}

func spec(containers ...runtime.Container) runtime.Spec {
	return runtime.Spec{ID: arn.NewTaskID(), Cluster: "c", Family: "f", NetworkMode: runtime.ModeAWSVPC, Containers: containers}
}

func (w *world) begin(s runtime.Spec) string {
	w.t.Helper()
	if err := w.Start(w.t.Context(), s); err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

// until waits for a status that ok accepts.
func (w *world) until(id, what string, ok func(runtime.Status) bool) runtime.Status {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 60*time.Second)
	defer cancel()
	var last runtime.Status
	for s := range w.Watch(ctx) {
		if s.ID != id {
			continue
		}
		if last = s; ok(s) {
			return s
		}
	}
	text, _ := json.MarshalIndent(last, "", " ")
	w.t.Fatalf("never: %s\n%s", what, text)
	return last
}

func (w *world) phase(id string, p runtime.Phase) runtime.Status {
	w.t.Helper()
	return w.until(id, string(p), func(s runtime.Status) bool { return s.Phase == p })
}

func (w *world) run(s runtime.Spec) runtime.Status {
	w.t.Helper()
	return w.phase(w.begin(s), runtime.PhaseStopped)
}

// logs are the lines of a container, each behind its stream.
func logs(t *testing.T, s runtime.Status, name string) (lines []string) {
	t.Helper()
	for _, c := range s.Containers {
		if c.Name != name {
			continue
		}
		f, err := os.Open(c.LogFile)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for r := bufio.NewScanner(f); r.Scan(); {
			var l line
			if err := json.Unmarshal(r.Bytes(), &l); err != nil || l.T.IsZero() {
				t.Fatalf("%q: %v", r.Text(), err)
			}
			lines = append(lines, l.S+" "+l.M)
		}
	}
	return lines
}

func answer(url string) string {
	r, err := http.Get(url) //nolint:noctx // test
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

func (w *world) answers(url string) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); answer(url) != "ok"; {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: %s", url, answer(url))
		}
	}
}

//go:build slow

package docker

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/store"
)

// TestEnginePushesAndPulls: `docker push 127.0.0.1:PORT/app:v1` without a login,
// and back again.
func TestEnginePushesAndPulls(t *testing.T) {
	w := newWorld(t)
	w.run(spec(app("a", "exit=0"))) // the image is in the Engine now
	found, err := w.engine.ImageList(t.Context(), client.ImageListOptions{Filters: client.Filters{}.Add("reference", w.opts.prefix()+"/*")})
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%+v %v", found, err)
	}
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	reg, err := registry.New(registry.Options{Dir: t.TempDir(), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(reg)
	defer srv.Close()
	name := strings.TrimPrefix(srv.URL, "http://") + "/team/pushed:v1"
	if _, err := w.engine.ImageTag(t.Context(), client.ImageTagOptions{Source: found.Items[0].ID, Target: name}); err != nil {
		t.Fatal(err)
	}
	defer w.engine.ImageRemove(context.WithoutCancel(t.Context()), name, client.ImageRemoveOptions{}) //nolint:errcheck // tidying
	push, err := w.engine.ImagePush(t.Context(), name, client.ImagePushOptions{RegistryAuth: "e30="})
	if err == nil {
		err = push.Wait(t.Context())
		push.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reg.Image(reg.Default(), "team/pushed", registry.Reference{Tag: "v1"}); err != nil {
		t.Fatal(err)
	}
	pull, err := w.engine.ImagePull(t.Context(), name, client.ImagePullOptions{})
	if err == nil {
		err = pull.Wait(t.Context())
		pull.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnusedImagesGo(t *testing.T) {
	w := newWorld(t)
	id := w.begin(spec(app("a", "exit=0")))
	w.phase(id, runtime.PhaseStopped)
	count := func() int {
		t.Helper()
		if err := w.sweepImages(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		found, err := w.engine.ImageList(t.Context(), client.ImageListOptions{Filters: client.Filters{}.Add("reference", w.opts.prefix()+"/*")})
		if err != nil {
			t.Fatal(err)
		}
		return len(found.Items)
	}
	if n := count(); n != 1 {
		t.Errorf("%d images, a task names one", n)
	}
	if err := w.Driver.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 0 {
		t.Errorf("%d images left", n)
	}
}

// TestFarImages: an image of another registry is pulled by the Engine, by digest.
func TestFarImages(t *testing.T) {
	w := newWorld(t)
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	reg, err := registry.New(registry.Options{Dir: t.TempDir(), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(reg)
	defer srv.Close()
	program, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.Build(t.Context(), image.BuildOptions{Files: map[string]image.File{"/guest": {Content: program, Mode: 0o755}}, Entrypoint: []string{"/guest"}})
	if err != nil {
		t.Fatal(err)
	}
	ref := strings.TrimPrefix(srv.URL, "http://") + "/far:v1"
	if err := image.Push(t.Context(), img, ref, runtime.RegistryAuth{}); err != nil {
		t.Fatal(err)
	}
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	s := w.run(spec(withImage(app("a", "print=far", "exit=0"), ref)))
	if c := s.Containers[0]; c.ImageDigest != digest.String() || strings.Join(logs(t, s, "a"), "") != "stdout far" {
		t.Errorf("%+v", s)
	}
}

package image_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/image"
)

func TestGC(t *testing.T) {
	m := newMachine(t)
	sample(t, m, "app:v1", "one")
	sample(t, m, "app:v2", "two")
	st, err := image.New(image.Options{Dir: filepath.Join(m.dir, "images"), Registry: m.registry, Grace: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	prepare := func(tag string) image.Image {
		t.Helper()
		img, err := st.Prepare(t.Context(), "1.dkr.ecr.us-east-1.amazonaws.com/app:"+tag, "", noAuth)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	one, two := prepare("v1"), prepare("v2")
	freed, err := st.GC(func(d string) bool { return d == one.Digest })
	if err != nil || freed.Images != 1 || freed.Layers != 1 || freed.Blobs != 2 {
		t.Errorf("%+v %v", freed, err)
	}
	if _, err := os.Stat(one.Layers[0]); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(two.Layers[0]); err == nil {
		t.Error("a layer that no image needs is still there")
	}
	if again := prepare("v2"); again.Layers[0] != two.Layers[0] {
		t.Errorf("%v", again)
	}
	// What Prepare returned a short while ago stays, whatever the caller says.
	if freed, err := m.GC(func(string) bool { return false }); err != nil || freed.Images != 2 {
		t.Errorf("%+v %v", freed, err) // m itself prepared nothing
	}
}

// TestGCBesidePrepare: an image that was just prepared is whole, however often
// GC runs beside it.
func TestGCBesidePrepare(t *testing.T) {
	m := newMachine(t)
	sample(t, m, "app:v1", "one")
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := m.GC(func(string) bool { return false }); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 50 {
		img, err := m.Prepare(t.Context(), m.host+"/app:v1", "", noAuth)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(img.Layers[0], "app/main")); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
}

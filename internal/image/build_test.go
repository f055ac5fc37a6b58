package image_test

import (
	"archive/tar"
	"bytes"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/grue-ecs/grue/internal/image"
)

// hostile is an image whose layer leads out of its directory.
func hostile(t *testing.T) v1.Image {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, h := range []tar.Header{
		{Name: "fine", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "../../../../tmp/grue-escape", Typeflag: tar.TypeReg, Mode: 0o644},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestBuildIsReproducible(t *testing.T) {
	digest := func() v1.Hash {
		img, err := image.Build(t.Context(), image.BuildOptions{
			Files:  map[string]image.File{"/b": {Content: []byte("b")}, "/a/x": {Content: []byte("a"), Mode: 0o755}},
			Labels: map[string]string{"k": "v"}, ExposedPorts: []string{"80/tcp", "81/tcp"},
		})
		if err != nil {
			t.Fatal(err)
		}
		d, err := img.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if a, b := digest(), digest(); a != b {
		t.Errorf("%s and %s", a, b)
	}
	for _, name := range []string{"relative", "/", "/a/../b", ""} {
		if _, err := image.Build(t.Context(), image.BuildOptions{Files: map[string]image.File{name: {}}}); err == nil {
			t.Errorf("a file called %q was built", name)
		}
	}
}

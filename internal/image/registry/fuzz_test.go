package registry

import (
	"strings"
	"testing"
)

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":2,"config":{"digest":"sha256:`+strings.Repeat("0", 64)+`","size":2},"layers":[]}`), ociManifest)
	f.Add([]byte(`{"schemaVersion":2,"manifests":[{}]}`), dockerList)
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		img, sizes, err := parseManifest(body, contentType)
		if err != nil {
			return
		}
		if !known(img.MediaType) || img.Size < 0 {
			t.Errorf("%+v", img)
		}
		for _, d := range img.Layers {
			if _, ok := sizes[d]; !ok || len(d) != digestLen {
				t.Errorf("layer %q", d)
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	f.Add("/v2/a/b/manifests/latest")
	f.Add("/v2/a/blobs/uploads/x/blobs/uploads/")
	f.Fuzz(func(t *testing.T, path string) {
		_, name, _ := split(path)
		if CheckName(name) == nil && (strings.Contains(name, "..") || strings.HasPrefix(name, "/") || strings.ContainsAny(name, "@:\\")) {
			t.Errorf("%q gives the name %q", path, name)
		}
	})
}

package image_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/grue-ecs/grue/internal/image"
)

// BenchmarkPrepare takes a pushed image of a few files, or of many, from grue's
// own registry to unpacked layers on disk.
func BenchmarkPrepare(b *testing.B) {
	for _, c := range []struct {
		name        string
		files, size int
	}{{"one-program-8MB", 1, 8 << 20}, {"2000-files-16KB", 2000, 16 << 10}} {
		b.Run(c.name, func(b *testing.B) {
			m := newMachine(b)
			opts := image.BuildOptions{Files: map[string]image.File{}}
			for i := range c.files {
				content := make([]byte, c.size)
				rand.Read(content[:c.size/2]) // half of it compresses
				opts.Files[fmt.Sprintf("/dir%d/file%d", i%50, i)] = image.File{Content: content}
			}
			img, err := image.Build(b.Context(), opts)
			if err != nil {
				b.Fatal(err)
			}
			if err := image.Push(b.Context(), img, m.host+"/app:v1", noAuth); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(c.files * c.size))
			for b.Loop() {
				got, err := m.Prepare(b.Context(), m.host+"/app:v1", "", noAuth)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				// Aside, not away: ext4 is slow to use inodes again that were just freed.
				aside := b.TempDir()
				for i, dir := range append(got.Layers, filepath.Join(m.dir, "images/images")) {
					if err := os.Rename(dir, filepath.Join(aside, fmt.Sprint(i))); err != nil {
						b.Fatal(err)
					}
				}
				if err := os.Mkdir(filepath.Join(m.dir, "images/images"), 0o700); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkPrepared is a Prepare of an image that is here: each task start.
func BenchmarkPrepared(b *testing.B) {
	m := newMachine(b)
	digest := sample(b, m, "app:v1", "hello")
	if _, err := m.Prepare(b.Context(), m.host+"/app:v1", digest, noAuth); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := m.Prepare(b.Context(), m.host+"/app:v1", digest, noAuth); err != nil {
			b.Fatal(err)
		}
	}
}

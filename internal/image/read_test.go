package image_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/grue-ecs/grue/internal/image"
)

// TestRead makes images of all that a person may have, and of nothing else.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	img, err := image.Build(t.Context(), image.BuildOptions{Files: map[string]image.File{"/a": {Content: []byte("x")}}, Entrypoint: []string{"/a"}})
	if err != nil {
		t.Fatal(err)
	}
	static(t, at("web"))
	write(t, at("text"), "#!/bin/sh\n")
	tag, _ := name.NewTag("web:v1")
	other, _ := name.NewTag("web:v2")
	for _, err := range []error{
		tarball.WriteToFile(at("saved.tar"), tag, img),
		tarball.MultiWriteToFile(at("two.tar"), map[name.Tag]v1.Image{tag: img, other: mutate.Annotations(img, map[string]string{"a": "b"}).(v1.Image)}),
		os.Mkdir(at("empty"), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := layout.Write(at("oci"), mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: img})); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path  string
		entry string // "" = refused
	}{
		{"web", "/web"},
		{"saved.tar", "/a"},
		{"oci", "/a"},
		{"text", ""},
		{"two.tar", ""},
		{"empty", ""},
		{"absent", ""},
	} {
		t.Run(c.path, func(t *testing.T) {
			got, err := image.Read(t.Context(), at(c.path), image.BuildOptions{})
			if c.entry == "" {
				if !errors.Is(err, image.ErrNoImage) && !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			conf, err := got.ConfigFile()
			if err != nil || len(conf.Config.Entrypoint) != 1 || conf.Config.Entrypoint[0] != c.entry {
				t.Errorf("entry point %v, %v", conf.Config.Entrypoint, err)
			}
		})
	}
	if shell, err := filepath.EvalSymlinks("/bin/sh"); err == nil {
		if _, err := image.Read(t.Context(), shell, image.BuildOptions{}); !errors.Is(err, image.ErrNoImage) {
			t.Errorf("a program with a loader: %v", err)
		}
	}
}

// static builds the smallest program.
func static(t *testing.T, out string) {
	t.Helper()
	src := t.TempDir()
	write(t, filepath.Join(src, "go.mod"), "module web\n")
	write(t, filepath.Join(src, "main.go"), "package main\n\nfunc main() {}\n")
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "go", "build", "-o", out, ".")
	cmd.Dir, cmd.Env = src, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

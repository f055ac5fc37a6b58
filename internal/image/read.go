package image

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/match"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// ErrNoImage is a path that holds nothing an image can be made of.
var ErrNoImage = errors.New("no image")

// Read makes an image of what a path holds: an archive of docker save, a
// directory in the OCI image layout, or one static program, which becomes
// /NAME and the entry point. Of an image for several platforms it takes this
// machine's. The options are for a program; an
// archive and a layout have their own.
func Read(ctx context.Context, path string, opts BuildOptions) (v1.Image, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return readLayout(path)
	}
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(doc, []byte(elf.ELFMAG)) {
		return readProgram(ctx, path, doc, opts)
	}
	img, err := tarball.ImageFromPath(path, nil)
	if err != nil {
		return nil, fmt.Errorf("%w in %s: it is neither an archive of docker save with one image, nor a program for Linux (%v)", ErrNoImage, path, err)
	}
	return img, nil
}

// readLayout takes this machine's image of an OCI image layout.
func readLayout(path string) (v1.Image, error) {
	index, err := layout.ImageIndexFromPath(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s: a directory must be in the OCI image layout, with index.json", ErrNoImage, path)
	}
	if err != nil {
		return nil, fmt.Errorf("%w in %s: %v", ErrNoImage, path, err)
	}
	here := match.Platforms(v1.Platform{OS: "linux", Architecture: goruntime.GOARCH})
	found, err := partial.FindImages(index, here)
	if err == nil && len(found) == 0 {
		found, err = partial.FindImages(index, func(d v1.Descriptor) bool { return d.Platform == nil })
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w in %s: %v", ErrNoImage, path, err)
	case len(found) != 1:
		return nil, fmt.Errorf("%w in %s: it holds %d images for linux/%s, and one is wanted", ErrNoImage, path, len(found), goruntime.GOARCH)
	}
	return found[0], nil
}

// readProgram refuses what could not start without a base image: a program for
// another machine, or one that wants a dynamic loader.
func readProgram(ctx context.Context, path string, doc []byte, opts BuildOptions) (v1.Image, error) {
	file, err := elf.NewFile(bytes.NewReader(doc))
	if err != nil {
		return nil, fmt.Errorf("%w in %s: %v", ErrNoImage, path, err)
	}
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[goruntime.GOARCH]
	if machine != 0 && file.Machine != machine {
		return nil, fmt.Errorf("%w in %s: the program is for %v, tasks of this machine are %s", ErrNoImage, path, file.Machine, goruntime.GOARCH)
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, fmt.Errorf("%w in %s: the program is not static: build it with CGO_ENABLED=0, or push an image that has its libraries", ErrNoImage, path)
		}
	}
	name := "/" + filepath.Base(path)
	opts.Files = map[string]File{name: {Content: doc, Mode: 0o755}}
	opts.Entrypoint = []string{name}
	return Build(ctx, opts)
}

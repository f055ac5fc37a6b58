package image

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/grue-ecs/grue/internal/runtime"
)

// BuildOptions describe an image made of a few files, such as one static
// program. The image has one layer and nothing else.
type BuildOptions struct {
	Files        map[string]File // by absolute path
	Entrypoint   []string
	Cmd          []string
	Env          []string
	User         string
	WorkingDir   string
	StopSignal   string
	ExposedPorts []string // "8080/tcp"
	Labels       map[string]string
	Created      time.Time // of the image; zero keeps builds reproducible
}

// File is one file of an image.
type File struct {
	Content []byte
	Mode    fs.FileMode // permissions; 0 = 0644
}

// Build makes an image without a base, for the platform of this machine. The
// same options give the same digest.
func Build(_ context.Context, opts BuildOptions) (v1.Image, error) {
	archive, err := opts.archive()
	if err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive)), nil }
	// Compressed once, not for its digest and again for each push.
	layer, err := tarball.LayerFromOpener(opener, tarball.WithCompressionLevel(1), tarball.WithCompressedCaching)
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", goruntime.GOARCH
	file.Created = v1.Time{Time: opts.Created}
	file.Config = v1.Config{
		Entrypoint: opts.Entrypoint, Cmd: opts.Cmd, Env: opts.Env, User: opts.User,
		WorkingDir: opts.WorkingDir, StopSignal: opts.StopSignal, Labels: opts.Labels,
	}
	if len(opts.ExposedPorts) > 0 {
		file.Config.ExposedPorts = map[string]struct{}{}
		for _, port := range opts.ExposedPorts {
			file.Config.ExposedPorts[port] = struct{}{}
		}
	}
	return mutate.ConfigFile(img, file)
}

// archive is the layer: the files in order, after the directories above them.
func (opts *BuildOptions) archive() ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	made := map[string]bool{"/": true}
	for _, file := range slices.Sorted(maps.Keys(opts.Files)) {
		if !path.IsAbs(file) || path.Clean(file) != file || file == "/" {
			return nil, fmt.Errorf("build image: %q is no clean absolute path", file)
		}
		if err := directories(w, made, path.Dir(file)); err != nil {
			return nil, err
		}
		f := opts.Files[file]
		mode := f.Mode.Perm()
		if mode == 0 {
			mode = 0o644
		}
		h := &tar.Header{Name: file[1:], Typeflag: tar.TypeReg, Mode: int64(mode), Size: int64(len(f.Content))}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.Content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func directories(w *tar.Writer, made map[string]bool, dir string) error {
	if made[dir] {
		return nil
	}
	if err := directories(w, made, path.Dir(dir)); err != nil {
		return err
	}
	made[dir] = true
	mode := int64(0o755)
	if dir == "/tmp" {
		mode = 0o1777
	}
	return w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(dir, "/") + "/", Typeflag: tar.TypeDir, Mode: mode})
}

// Push sends an image to a registry over the distribution protocol, for example
// to "127.0.0.1:4566/app:v1". A zero auth means none.
func Push(ctx context.Context, img v1.Image, ref string, auth runtime.RegistryAuth) error {
	parsed, err := name.ParseReference(ref, name.WeakValidation)
	if err != nil {
		return err
	}
	login := authn.Anonymous
	if auth != (runtime.RegistryAuth{}) {
		login = &authn.Basic{Username: auth.Username, Password: auth.Password}
	}
	return remote.Write(parsed, img, remote.WithContext(ctx), remote.WithAuth(login), remote.WithUserAgent(userAgent))
}

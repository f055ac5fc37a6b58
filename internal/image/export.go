package image

import (
	"context"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/runtime"
)

// Local tells whether a reference means grue's own registry.
func (s *Store) Local(ref string) bool {
	p, err := s.parse(ref, "")
	return err == nil && p.local
}

// Canonical is a reference by digest, for who pulls by itself.
func (s *Store) Canonical(ref, digest string) (string, error) {
	p, err := s.place(ref, digest)
	return p.text, err
}

// Export writes an image of grue's own registry, the one for this platform, in
// the format of docker save, under the name given.
func (s *Store) Export(ctx context.Context, ref, digest, as string, w io.Writer) error {
	p, err := s.place(ref, digest)
	if err != nil {
		return err
	}
	if !p.local || p.digest == "" {
		return fmt.Errorf("export %s: not a digest of grue's own registry", p.text)
	}
	tag, err := name.NewTag(as)
	if err != nil {
		return err
	}
	src := s.source(p, runtime.RegistryAuth{})
	rec, err := s.describe(ctx, src, p)
	if err != nil {
		return err
	}
	img, err := partial.CompressedToImage(&exported{ctx, s, src, rec})
	if err != nil {
		return s.failure(p, err)
	}
	return tarball.Write(tag, img, w)
}

// exported shows an image of a source to go-containerregistry.
type exported struct {
	ctx context.Context
	s   *Store
	src source
	rec *record
}

func (e *exported) RawConfigFile() ([]byte, error) { return e.s.blobs.Read(e.rec.ConfigDigest) }

func (e *exported) RawManifest() ([]byte, error) { return e.s.blobs.Read(e.rec.Manifest) }

func (e *exported) MediaType() (types.MediaType, error) { return types.DockerManifestSchema2, nil }

func (e *exported) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, l := range e.rec.Layers {
		if l.Digest == blob.Digest(h.String()) {
			return &exportedLayer{e, h, l}, nil
		}
	}
	return nil, fmt.Errorf("%w: no layer %s", errManifest, h)
}

type exportedLayer struct {
	*exported
	hash  v1.Hash
	layer layer
}

func (l *exportedLayer) Digest() (v1.Hash, error)            { return l.hash, nil }
func (l *exportedLayer) Size() (int64, error)                { return l.layer.Size, nil }
func (l *exportedLayer) MediaType() (types.MediaType, error) { return types.DockerLayer, nil }
func (l *exportedLayer) Compressed() (io.ReadCloser, error)  { return l.src.layer(l.ctx, l.layer) }

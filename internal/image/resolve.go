package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/grue-ecs/grue/internal/image/blob"
)

// errManifest is in the chain of errors about a manifest that makes no sense.
var errManifest = errors.New("invalid manifest")

// Bounds of what is read into memory.
const (
	maxManifest = 4 << 20
	maxConfig   = 16 << 20
)

// resolveTime bounds everything up to the manifest, retry included: a task whose
// registry does not answer fails soon.
const resolveTime = 9 * time.Second

// resolve asks where a tag points to, twice when the network fails: ECS's message
// says that it has been retried once.
func (s *Store) resolve(ctx context.Context, src source, p place) (blob.Digest, error) {
	limited, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	d, err := src.resolve(limited, p.tag)
	if err != nil && cause(err) == CauseUnreachable && limited.Err() == nil {
		d, err = src.resolve(limited, p.tag)
	}
	if err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", s.failure(p, err)
	}
	return d, nil
}

// describe reads manifest and configuration of p.digest; what is here already is
// not fetched again.
func (s *Store) describe(ctx context.Context, src source, p place) (*record, error) {
	limited, cancel := context.WithTimeout(ctx, 2*resolveTime)
	defer cancel()
	rec, err := s.read(limited, src, p.digest)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, s.failure(p, err)
	}
	return rec, nil
}

func (s *Store) read(ctx context.Context, src source, d blob.Digest) (*record, error) {
	body, err := s.small(d, maxManifest, func() ([]byte, error) { return src.manifest(ctx, d) })
	if err != nil {
		return nil, err
	}
	rec := &record{Digest: d, Manifest: d}
	if isIndex(body) {
		if rec.Manifest, err = s.choose(body); err != nil {
			return nil, err
		}
		body, err = s.small(rec.Manifest, maxManifest, func() ([]byte, error) { return src.manifest(ctx, rec.Manifest) })
		if err != nil {
			return nil, err
		}
	}
	var m v1.Manifest
	if err := json.Unmarshal(body, &m); err != nil || m.SchemaVersion != 2 || m.Config.Digest.Hex == "" {
		return nil, fmt.Errorf("%w %s", errManifest, rec.Manifest)
	}
	if rec.ConfigDigest, err = blob.Parse(m.Config.Digest.String()); err != nil {
		return nil, fmt.Errorf("%w: %w", errManifest, err)
	}
	body, err = s.small(rec.ConfigDigest, maxConfig, func() ([]byte, error) { return src.config(ctx, rec.ConfigDigest) })
	if err != nil {
		return nil, err
	}
	return rec, rec.fill(&m, body)
}

// small reads a manifest or configuration from the blobs, or fetches it there.
// What is read was verified when it was stored.
func (s *Store) small(d blob.Digest, limit int, fetch func() ([]byte, error)) ([]byte, error) {
	if body, err := s.blobs.Read(d); err == nil {
		return body, nil
	}
	body, err := fetch()
	if err != nil {
		return nil, err
	}
	if len(body) > limit {
		return nil, fmt.Errorf("%w: %s has %d bytes", errManifest, d, len(body))
	}
	if got := blob.Of(body); got != d {
		return nil, fmt.Errorf("%w: got %s, want %s", blob.ErrMismatch, got, d)
	}
	return body, s.store(d, body)
}

// isIndex tells an index from a manifest by what it holds: registries differ in
// the media types that they state.
func isIndex(body []byte) bool {
	var doc struct {
		MediaType types.MediaType `json:"mediaType"`
		Manifests json.RawMessage `json:"manifests"`
	}
	return json.Unmarshal(body, &doc) == nil && (doc.MediaType.IsIndex() || doc.Manifests != nil)
}

// choose picks the image for this machine from an index.
func (s *Store) choose(body []byte) (blob.Digest, error) {
	var index v1.IndexManifest
	if err := json.Unmarshal(body, &index); err != nil {
		return "", fmt.Errorf("%w: %w", errManifest, err)
	}
	want := v1.Platform{OS: s.platform.OS, Architecture: s.platform.Architecture}
	for _, exact := range []v1.Platform{s.platform, want} {
		for _, m := range index.Manifests {
			if m.Platform != nil && m.Platform.Satisfies(exact) {
				return blob.Parse(m.Digest.String())
			}
		}
	}
	// An index without platforms has one image at most that can be meant.
	if len(index.Manifests) == 1 && index.Manifests[0].Platform == nil {
		return blob.Parse(index.Manifests[0].Digest.String())
	}
	return "", errNoPlatform
}

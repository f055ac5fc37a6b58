package image

import (
	"context"
	"io"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/runtime"
)

// source is where the bytes of one repository come from. What it returns is not
// verified yet.
type source interface {
	resolve(ctx context.Context, tag string) (blob.Digest, error)
	manifest(ctx context.Context, d blob.Digest) ([]byte, error)
	config(ctx context.Context, d blob.Digest) ([]byte, error)
	layer(ctx context.Context, l layer) (io.ReadCloser, error)
}

func (s *Store) source(p place, auth runtime.RegistryAuth) source {
	if p.local {
		return &local{s.opts.Registry, s.scope(p), p.repo.RepositoryStr()}
	}
	return newRemote(p.repo, auth)
}

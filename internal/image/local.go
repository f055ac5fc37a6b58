package image

import (
	"context"
	"fmt"
	"io"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/registry"
)

// local reads from the embedded registry, without HTTP and without a login:
// whoever may run tasks here may use what was pushed here.
type local struct {
	registry *registry.Registry
	scope    arn.Scope
	name     string
}

func (l *local) get(ref registry.Reference) (*registry.Image, []byte, error) {
	scope, _ := l.registry.Find(l.scope, l.name)
	img, body, err := l.registry.Manifest(scope, l.name, ref)
	if err == nil {
		l.registry.Pulled(scope, l.name, img)
	}
	return img, body, err
}

func (l *local) resolve(_ context.Context, tag string) (blob.Digest, error) {
	img, _, err := l.get(registry.Reference{Tag: tag})
	if err != nil {
		return "", err
	}
	return img.Digest, nil
}

func (l *local) manifest(_ context.Context, d blob.Digest) ([]byte, error) {
	_, body, err := l.get(registry.Reference{Digest: d})
	return body, err
}

func (l *local) config(_ context.Context, d blob.Digest) ([]byte, error) {
	f, _, err := l.open(d)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(blob.Limit(f, maxConfig))
}

func (l *local) layer(_ context.Context, layer layer) (io.ReadCloser, error) {
	f, size, err := l.open(layer.Digest)
	if err != nil {
		return nil, err
	}
	if size != layer.Size {
		f.Close()
		return nil, fmt.Errorf("%w: layer %s has %d bytes, the manifest says %d", blob.ErrMismatch, layer.Digest, size, layer.Size)
	}
	return f, nil
}

func (l *local) open(d blob.Digest) (io.ReadCloser, int64, error) {
	scope, _ := l.registry.Find(l.scope, l.name)
	if _, err := l.registry.Layer(scope, l.name, d); err != nil {
		return nil, 0, err
	}
	return l.registry.OpenBlob(d)
}

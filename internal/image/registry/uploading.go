package registry

import (
	"io"
	"os"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
)

// The life of an upload, for the handler and for ECR's InitiateLayerUpload,
// UploadLayerPart and CompleteLayerUpload.

// StartUpload begins the upload of a layer.
func (r *Registry) StartUpload(s arn.Scope, name string) (id string, err error) {
	if _, err := r.Repository(s, name); err != nil {
		return "", err
	}
	return r.uploads.start(s, name)
}

// AppendUpload adds bytes at offset, which must be the size so far; -1 means
// wherever that is. It returns the new size.
func (r *Registry) AppendUpload(s arn.Scope, name, id string, offset int64, body io.Reader) (int64, error) {
	up, err := r.uploads.find(s, name, id)
	if err != nil {
		return 0, err
	}
	defer up.mu.Unlock()
	if offset >= 0 && offset != up.size {
		return up.size, &Problem{
			Kind: InvalidPart, Size: up.size,
			Message: "The layer part size is not valid, or the first byte specified is not consecutive to the last byte of a previous layer part upload.",
		}
	}
	err = up.append(body, r.opts.MaxLayer)
	return up.size, err
}

// UploadSize tells how many bytes of an upload have arrived.
func (r *Registry) UploadSize(s arn.Scope, name, id string) (int64, error) {
	up, err := r.uploads.find(s, name, id)
	if err != nil {
		return 0, err
	}
	defer up.mu.Unlock()
	return up.size, nil
}

// FinishUpload verifies an upload and gives the layer to the repository. When it
// returns nil, both are on disk.
func (r *Registry) FinishUpload(s arn.Scope, name, id string, want blob.Digest) (int64, error) {
	up, err := r.uploads.find(s, name, id)
	if err != nil {
		return 0, err
	}
	defer up.mu.Unlock()
	r.files.RLock()
	defer r.files.RUnlock()
	faultBlob.Hit()
	if err := up.finish(r.blobs, want); err != nil {
		return up.size, err
	}
	faultBlobKept.Hit()
	defer faultBlobLinked.Hit()
	r.uploads.forget(id)
	return up.size, r.link(s, name, want, up.size)
}

// CancelUpload forgets an upload.
func (r *Registry) CancelUpload(s arn.Scope, name, id string) error {
	up, err := r.uploads.find(s, name, id)
	if err != nil {
		return err
	}
	defer up.mu.Unlock()
	r.uploads.forget(id)
	return os.Remove(up.path)
}

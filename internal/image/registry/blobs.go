package registry

import (
	"net/http"
	"os"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/store"
)

// Layer tells whether a repository may use a blob, and its size.
func (r *Registry) Layer(s arn.Scope, name string, d blob.Digest) (size int64, err error) {
	r.store.View(func(tx *store.Tx) {
		if _, ok := repositories.Get(tx, repositoryKey(s, name)); !ok {
			err = noRepository(s, name)
			return
		}
		l, ok := layers.Get(tx, digestKey(s, name, d))
		if !ok {
			err = problem(LayerNotFound, "The layer with digest '%s' does not exist in the repository with name '%s' in the registry with id '%s'", d, name, s.Account)
			return
		}
		size = l.Size
	})
	return size, err
}

// OpenBlob opens a blob that Layer or a manifest named.
func (r *Registry) OpenBlob(d blob.Digest) (*os.File, int64, error) { return r.blobs.Open(d) }

// link lets a repository use a blob that is on disk. The caller holds r.files.
func (r *Registry) link(s arn.Scope, name string, d blob.Digest, size int64) error {
	return r.store.Update(func(tx *store.Tx) error {
		if _, ok := repositories.Get(tx, repositoryKey(s, name)); !ok {
			return noRepository(s, name)
		}
		layers.Put(tx, digestKey(s, name, d), &layer{Size: size, At: r.now()})
		return nil
	})
}

// mount lets a repository use a blob of another one.
func (r *Registry) mount(s arn.Scope, name, from string, d blob.Digest) error {
	r.files.RLock()
	defer r.files.RUnlock()
	size, err := r.Layer(s, from, d)
	if err != nil {
		return err
	}
	return r.link(s, name, d, size)
}

// getBlob answers GET and HEAD of a blob, ranges included.
func (r *Registry) getBlob(c *call) error {
	d, err := CheckDigest(c.arg)
	if err != nil {
		return err
	}
	scope := c.read(r)
	if _, err := r.Layer(scope, c.name, d); err != nil {
		return err
	}
	f, _, err := r.blobs.Open(d)
	if err != nil {
		return err
	}
	defer f.Close()
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Docker-Content-Digest", string(d))
	h.Set("ETag", `"`+string(d)+`"`)
	http.ServeContent(c.w, c.req, "", time.Time{}, f)
	return nil
}

// deleteBlob takes a blob from a repository, unless an image there needs it.
func (r *Registry) deleteBlob(c *call) error {
	d, err := CheckDigest(c.arg)
	if err != nil {
		return err
	}
	scope := c.read(r)
	if _, err := r.Layer(scope, c.name, d); err != nil {
		return err
	}
	err = r.store.Update(func(tx *store.Tx) error {
		if usedLayers(tx, scope, c.name)[d] {
			return problem(Unsupported, "an image of the repository uses this layer: delete the image")
		}
		layers.Delete(tx, digestKey(scope, c.name, d))
		return nil
	})
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// read is the account and region in which to look for the repository.
func (c *call) read(r *Registry) arn.Scope {
	if scope, ok := r.Find(c.scope, c.name); ok {
		return scope
	}
	return c.scope
}

// write is the account and region to push to. A client that named one gets
// exactly that; the first push of a client on this machine creates the
// repository.
func (c *call) write(r *Registry) (arn.Scope, error) {
	scope := c.scope
	if !c.exact {
		scope = c.read(r)
	}
	if _, err := r.Repository(scope, c.name); err == nil {
		return scope, nil
	}
	if !c.local || r.opts.NoCreateOnPush {
		return scope, noRepository(scope, c.name)
	}
	return scope, r.ensure(scope, c.name)
}

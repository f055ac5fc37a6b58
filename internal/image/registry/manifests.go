package registry

import (
	"io"
	"net/http"
	"strconv"

	"github.com/grue-ecs/grue/internal/image/blob"
)

// getManifest answers GET and HEAD of a manifest by tag or digest.
func (r *Registry) getManifest(c *call) error {
	ref, err := ParseReference(c.arg)
	if err != nil {
		return err
	}
	scope := c.read(r)
	img, body, err := r.Manifest(scope, c.name, ref)
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", img.MediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Docker-Content-Digest", string(img.Digest))
	h.Set("ETag", `"`+string(img.Digest)+`"`)
	if c.req.Method == http.MethodHead {
		return nil
	}
	r.Pulled(scope, c.name, img)
	_, _ = c.w.Write(body) // fails only when the client has gone
	return nil
}

// putManifest answers PUT of a manifest.
func (r *Registry) putManifest(c *call) error {
	ref, err := ParseReference(c.arg)
	if err != nil {
		return err
	}
	scope, err := c.write(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(blob.Limit(c.body(), maxManifest))
	if err != nil {
		return err
	}
	img, err := r.PutManifest(scope, c.name, Put{
		Body: body, MediaType: c.req.Header.Get("Content-Type"), Tag: ref.Tag, Digest: ref.Digest,
	})
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Location", "/v2/"+c.name+"/manifests/"+string(img.Digest))
	h.Set("Docker-Content-Digest", string(img.Digest))
	if img.Subject != "" {
		h.Set("OCI-Subject", string(img.Subject))
	}
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// deleteManifest answers DELETE of a tag or an image.
func (r *Registry) deleteManifest(c *call) error {
	ref, err := ParseReference(c.arg)
	if err != nil {
		return err
	}
	if _, err := r.Delete(c.read(r), c.name, ref); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

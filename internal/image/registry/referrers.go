package registry

import (
	"net/http"

	"github.com/grue-ecs/grue/internal/store"
)

// listReferrers answers GET /v2/name/referrers/digest: the signatures, bills of
// material and other artifacts that point at an image.
func (r *Registry) listReferrers(c *call) error {
	d, err := CheckDigest(c.arg)
	if err != nil {
		return err
	}
	scope := c.read(r)
	if _, err := r.Repository(scope, c.name); err != nil {
		return err
	}
	filter := c.req.URL.Query().Get("artifactType")
	found := []descriptor{}
	r.store.View(func(tx *store.Tx) {
		for _, img := range images.Prefix(tx, repositoryKey(scope, c.name)+"@") {
			if img.Subject != d || filter != "" && img.ArtifactType != filter {
				continue
			}
			found = append(found, descriptor{
				MediaType: img.MediaType, Digest: string(img.Digest), Size: img.Bytes,
				ArtifactType: img.ArtifactType, Annotations: img.Annotations,
			})
		}
	})
	if filter != "" {
		c.w.Header().Set("OCI-Filters-Applied", "artifactType")
	}
	c.w.Header().Set("Content-Type", ociIndex)
	return answerJSON(c.w, http.StatusOK, map[string]any{
		"schemaVersion": 2, "mediaType": ociIndex, "manifests": found,
	})
}

package registry

import (
	"bytes"
	"slices"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/store"
)

// Put is a manifest to be stored.
type Put struct {
	Body      []byte
	MediaType string      // "" = what the manifest says
	Tag       string      // "" = none
	Digest    blob.Digest // "" = whatever it is
	// New asks for ImageExists when nothing would change: ECR's PutImage.
	New bool
}

// PutManifest stores a manifest and points a tag at it. When it returns nil,
// both are on disk.
func (r *Registry) PutManifest(s arn.Scope, name string, put Put) (*Image, error) {
	img, sizes, err := parseManifest(put.Body, put.MediaType)
	if err != nil {
		return nil, err
	}
	if put.Digest != "" && put.Digest != img.Digest {
		return nil, problem(DigestMismatch, "The specified image digest '%s' does not match the digest '%s' of the manifest", put.Digest, img.Digest)
	}
	if put.Tag != "" {
		if err := CheckTag(put.Tag); err != nil {
			return nil, err
		}
	}
	r.files.RLock()
	defer r.files.RUnlock()
	if !r.blobs.Has(img.Digest) {
		if _, _, err := r.blobs.Put(bytes.NewReader(put.Body), img.Digest, maxManifest); err != nil {
			return nil, err
		}
	}
	faultManifest.Hit()
	defer faultManifestKept.Hit()
	err = r.store.Update(func(tx *store.Tx) error { return r.put(tx, s, name, put, img, sizes) })
	return img, err
}

// put is the transaction of PutManifest.
func (r *Registry) put(tx *store.Tx, s arn.Scope, name string, put Put, img *Image, sizes map[blob.Digest]int64) error {
	repo, ok := repositories.Get(tx, repositoryKey(s, name))
	if !ok {
		return noRepository(s, name)
	}
	if err := checkBlobs(tx, s, name, img, sizes); err != nil {
		return err
	}
	if err := checkChildren(tx, s, name, img); err != nil {
		return err
	}
	key := digestKey(s, name, img.Digest)
	old, exists := images.Get(tx, key)
	var current *tag
	if put.Tag != "" {
		current, _ = tags.Get(tx, tagKey(s, name, put.Tag))
	}
	same := exists && (put.Tag == "" || current != nil && current.Digest == img.Digest)
	switch {
	case same && put.New:
		return problem(ImageExists, "Image with digest '%s' and tag '%s' already exists in the repository with name '%s' in registry with id '%s'", img.Digest, put.Tag, name, s.Account)
	case same:
		return nil
	case current != nil && current.Digest != img.Digest && repo.immutable(put.Tag):
		return problem(TagImmutable, "The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.", put.Tag, name)
	}
	now := r.now()
	img.PushedAt = now
	if exists {
		img.LastPull = old.LastPull
	}
	stored := *img
	images.Put(tx, key, &stored)
	if put.Tag != "" {
		tags.Put(tx, tagKey(s, name, put.Tag), &tag{img.Digest, now})
	}
	r.emit(tx, s, name, "PUSH", put.Tag, img)
	return nil
}

// checkBlobs: every layer must have been uploaded to this repository.
func checkBlobs(tx *store.Tx, s arn.Scope, name string, img *Image, sizes map[blob.Digest]int64) error {
	var missing []string
	for _, d := range img.Layers {
		l, ok := layers.Get(tx, digestKey(s, name, d))
		switch {
		case !ok:
			missing = append(missing, string(d))
		case l.Size != sizes[d]:
			return problem(InvalidManifest, "the manifest says that %s has %d bytes, it has %d", d, sizes[d], l.Size)
		}
	}
	if missing != nil {
		slices.Sort(missing)
		return problem(LayersNotFound, "Layers with digests '%v' required for pushing image into repository with name '%s' in the registry with id '%s' do not exist", missing, name, s.Account)
	}
	return nil
}

// checkChildren: the images of an index must have been pushed before it. The
// size of an index is that of its largest image.
func checkChildren(tx *store.Tx, s arn.Scope, name string, img *Image) error {
	var missing []string
	for _, d := range img.Children {
		child, ok := images.Get(tx, digestKey(s, name, d))
		if !ok {
			missing = append(missing, string(d))
			continue
		}
		img.Size = max(img.Size, child.Size)
	}
	if missing != nil {
		slices.Sort(missing)
		return problem(ReferencedImagesNotFound, "Images with digests '%v' required for pushing image into repository with name '%s' in the registry with id '%s' do not exist", missing, name, s.Account)
	}
	return nil
}

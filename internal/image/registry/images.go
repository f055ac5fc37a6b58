package registry

import (
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/store"
)

// Image returns one image by tag or digest, with its tags.
func (r *Registry) Image(s arn.Scope, name string, ref Reference) (img *Image, err error) {
	r.store.View(func(tx *store.Tx) { img, err = image(tx, s, name, ref) })
	return img, err
}

func image(tx *store.Tx, s arn.Scope, name string, ref Reference) (*Image, error) {
	if _, ok := repositories.Get(tx, repositoryKey(s, name)); !ok {
		return nil, noRepository(s, name)
	}
	d := ref.Digest
	if d == "" {
		t, ok := tags.Get(tx, tagKey(s, name, ref.Tag))
		if !ok {
			return nil, noImage(s, name, ref)
		}
		d = t.Digest
	}
	img, ok := images.Get(tx, digestKey(s, name, d))
	if !ok {
		return nil, noImage(s, name, ref)
	}
	c := *img
	prefix := repositoryKey(s, name) + ":"
	for k, t := range tags.Prefix(tx, prefix) {
		if t.Digest == d {
			c.Tags = append(c.Tags, k[len(prefix):])
		}
	}
	return &c, nil
}

func noImage(s arn.Scope, name string, ref Reference) *Problem {
	id := "imageTag:'" + ref.Tag + "'"
	if ref.Digest != "" {
		id = "imageDigest:'" + string(ref.Digest) + "'"
	}
	return problem(ImageNotFound, "The image with imageId {%s} does not exist within the repository with name '%s' in the registry with id '%s'", id, name, s.Account)
}

// Images lists the images of a repository, with their tags, by digest.
func (r *Registry) Images(s arn.Scope, name string) (all []*Image, err error) {
	r.store.View(func(tx *store.Tx) {
		if _, ok := repositories.Get(tx, repositoryKey(s, name)); !ok {
			err = noRepository(s, name)
			return
		}
		all = imagesOf(tx, s, name)
	})
	return all, err
}

func imagesOf(tx *store.Tx, s arn.Scope, name string) (all []*Image) {
	prefix := repositoryKey(s, name)
	byDigest := map[blob.Digest][]string{}
	for k, t := range tags.Prefix(tx, prefix+":") {
		byDigest[t.Digest] = append(byDigest[t.Digest], k[len(prefix)+1:])
	}
	for _, img := range images.Prefix(tx, prefix+"@") {
		c := *img
		c.Tags = byDigest[img.Digest]
		all = append(all, &c)
	}
	return all
}

// Manifest returns an image and its manifest.
func (r *Registry) Manifest(s arn.Scope, name string, ref Reference) (*Image, []byte, error) {
	img, err := r.Image(s, name, ref)
	if err != nil {
		return nil, nil, err
	}
	body, err := r.blobs.Read(img.Digest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, noImage(s, name, ref) // deleted since
	}
	return img, body, err
}

// pullGrain is how exactly ECR records the time of the last pull.
const pullGrain = 24 * time.Hour

// Pulled records that an image was pulled, at most once a day as ECR does.
func (r *Registry) Pulled(s arn.Scope, name string, img *Image) {
	if !img.LastPull.IsZero() && r.now().Sub(img.LastPull) < pullGrain {
		return
	}
	key := digestKey(s, name, img.Digest)
	err := r.store.Update(func(tx *store.Tx) error {
		old, ok := images.Get(tx, key)
		if !ok {
			return nil
		}
		next := *old
		next.LastPull = r.now()
		images.Put(tx, key, &next)
		return nil
	})
	if err != nil {
		r.opts.Log.Warn("time of the last pull not recorded", "repository", name, "err", err)
	}
}

// usedLayers are the layers that images of a repository need.
func usedLayers(tx *store.Tx, s arn.Scope, name string) map[blob.Digest]bool {
	used := map[blob.Digest]bool{}
	for _, img := range images.Prefix(tx, repositoryKey(s, name)+"@") {
		for _, d := range img.Layers {
			used[d] = true
		}
	}
	return used
}

// remove deletes images whose tags are gone too, in a transaction.
func (r *Registry) remove(tx *store.Tx, s arn.Scope, name string, img *Image) error {
	for _, other := range images.Prefix(tx, repositoryKey(s, name)+"@") {
		if slices.Contains(other.Children, img.Digest) {
			return problem(Denied, "Requested image referenced by manifest list: [%s]", other.Digest)
		}
	}
	for _, t := range img.Tags {
		tags.Delete(tx, tagKey(s, name, t))
		r.emit(tx, s, name, "DELETE", t, img)
	}
	if len(img.Tags) == 0 {
		r.emit(tx, s, name, "DELETE", "", img)
	}
	images.Delete(tx, digestKey(s, name, img.Digest))
	return nil
}

// Delete removes a tag, and its image when no other tag names it; or, by digest,
// an image with all its tags. These are the rules of ECR's BatchDeleteImage.
func (r *Registry) Delete(s arn.Scope, name string, ref Reference) (gone *Image, err error) {
	err = r.store.Update(func(tx *store.Tx) error {
		img, err := image(tx, s, name, ref)
		if err != nil {
			return err
		}
		gone = img
		if ref.Digest != "" || len(img.Tags) == 1 {
			return r.remove(tx, s, name, img)
		}
		tags.Delete(tx, tagKey(s, name, ref.Tag))
		r.emit(tx, s, name, "DELETE", ref.Tag, img)
		return nil
	})
	return gone, err
}

package registry

import (
	"time"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/store"
)

// layerLife is how long a layer may wait for the manifest that names it.
const layerLife = 24 * time.Hour

// Swept counts what a Sweep removed.
type Swept struct {
	Images int   // that lifecycle policies expired
	Layers int   // records of layers that no image needs
	Blobs  int   // files
	Bytes  int64 // of those files
}

// Sweep removes what lifecycle policies expire, and then what nothing refers to:
// uploads and layers that were given up a day ago, and the files of deleted
// images. ECR does so within a day.
func (r *Registry) Sweep() (Swept, error) {
	var swept Swept
	var err error
	if swept.Images, err = r.ApplyLifecycle(); err != nil {
		return swept, err
	}
	before := r.now().Add(-layerLife)
	r.uploads.sweep(before)
	err = r.store.Update(func(tx *store.Tx) error {
		swept.Layers = sweepLayers(tx, before)
		return nil
	})
	if err != nil {
		return swept, err
	}
	r.files.Lock()
	defer r.files.Unlock()
	used := map[blob.Digest]bool{}
	r.store.View(func(tx *store.Tx) {
		for _, img := range images.All(tx) {
			used[img.Digest] = true
		}
		for key := range layers.All(tx) {
			used[blob.Digest(key[len(key)-digestLen:])] = true
		}
	})
	for d, info := range r.blobs.All() {
		if used[d] {
			continue
		}
		if err := r.blobs.Delete(d); err != nil {
			return swept, err
		}
		swept.Blobs++
		swept.Bytes += info.Size()
	}
	return swept, nil
}

const digestLen = len("sha256:") + 64

// sweepLayers removes the records of layers that no image of their repository
// needs and that are older than before.
func sweepLayers(tx *store.Tx, before time.Time) int {
	n := 0
	used := map[string]map[blob.Digest]bool{}
	for key, l := range layers.All(tx) {
		repo, d := key[:len(key)-digestLen-1], blob.Digest(key[len(key)-digestLen:])
		if used[repo] == nil {
			scope := scopeOf(key)
			used[repo] = usedLayers(tx, scope, repo[len(scope.Key("")):])
		}
		if !used[repo][d] && l.At.Before(before) {
			layers.Delete(tx, key)
			n++
		}
	}
	return n
}

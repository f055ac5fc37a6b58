package engine

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// pinImages fills in the digests of a service task's images. The first task of a
// service revision resolves each tag; the digest is kept in the revision and
// every later task uses it (version consistency). A tag that cannot be resolved
// is left alone: the driver then fails with the registry's own words.
func (e *Engine) pinImages(ctx context.Context, t *state.Task, def *ecs.TaskDefinition, s *runtime.Spec) error {
	if t.Service == "" || e.opts.Images == nil {
		return nil
	}
	key := state.RevisionKey(t.Scope, t.Cluster, t.Service, t.Revision)
	unlock := e.pins.lock(key)
	defer unlock()
	known := e.knownDigests(key)
	resolved := map[string]string{}
	for i, c := range def.ContainerDefinitions {
		name, image := aws.ToString(c.Name), aws.ToString(c.Image)
		if c.VersionConsistency == ecs.VersionConsistencyDisabled || strings.Contains(image, "@sha256:") {
			continue
		}
		if d := known[name]; d != "" {
			s.Containers[i].Digest = d
			continue
		}
		d, err := e.opts.Images.Resolve(ctx, image, s.Auth[registryHost(image)])
		if err != nil {
			e.log.Warn("image tag not resolved", "image", image, "err", err)
			continue
		}
		s.Containers[i].Digest, resolved[name] = d, d
	}
	if len(resolved) == 0 {
		return nil
	}
	faultPin.Hit()
	defer faultPinned.Hit()
	return e.keepDigests(key, resolved)
}

func (e *Engine) knownDigests(key string) map[string]string {
	known := map[string]string{}
	e.store.View(func(tx *store.Tx) {
		if r, ok := state.Revisions.Get(tx, key); ok {
			for _, ci := range r.Body.V.ContainerImages {
				known[aws.ToString(ci.ContainerName)] = aws.ToString(ci.ImageDigest)
			}
		}
	})
	return known
}

func (e *Engine) keepDigests(key string, digests map[string]string) error {
	return e.store.Update(func(tx *store.Tx) error {
		r, ok := state.Revisions.Get(tx, key)
		if !ok {
			return nil
		}
		next := *r
		images := append([]ecs.ContainerImage(nil), r.Body.V.ContainerImages...)
		for i := range images {
			if d := digests[aws.ToString(images[i].ContainerName)]; d != "" {
				images[i].ImageDigest = aws.String(d)
			}
		}
		next.Body.V.ContainerImages = images
		state.Revisions.Put(tx, key, &next)
		return nil
	})
}

// keyLock serialises work on a key.
type keyLock struct {
	mu    sync.Mutex
	locks map[string]*heldLock
}

type heldLock struct {
	sync.Mutex
	users int
}

func (k *keyLock) lock(key string) (unlock func()) {
	k.mu.Lock()
	if k.locks == nil {
		k.locks = map[string]*heldLock{}
	}
	l := k.locks[key]
	if l == nil {
		l = &heldLock{}
		k.locks[key] = l
	}
	l.users++
	k.mu.Unlock()
	l.Lock()
	return func() {
		l.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(k.locks, key)
		}
	}
}

package server

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

const (
	// sweepEvery is how often images that nothing needs are looked for.
	sweepEvery = time.Hour
	// imageLife is how long an unpacked image stays after it was last used.
	imageLife = 24 * time.Hour
)

// housekeeping removes, hour by hour, unpacked images that no task or service
// revision uses and files of the registry that no image refers to.
func (s *server) housekeeping(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.sweep()
			s.scrape.Tidy()
		}
	}
}

func (s *server) sweep() {
	used := s.usedImages()
	freed, err := s.images.GC(func(digest string) bool { return used[digest] })
	if err != nil {
		s.log.Error("unused images not removed", "err", err)
	}
	swept, err := s.registry.Sweep()
	if err != nil {
		s.log.Error("unused files of the registry not removed", "err", err)
	}
	if freed.Images+swept.Blobs > 0 {
		s.log.Info("unused images removed", "images", freed.Images, "layers", freed.Layers, "registry_bytes", swept.Bytes)
	}
}

// usedImages are the digests that running tasks use and that functions and
// listed service revisions are pinned to.
func (s *server) usedImages() map[string]bool {
	used := s.functions.Images()
	s.store.View(func(tx *store.Tx) {
		for _, t := range state.Tasks.All(tx) {
			for _, c := range t.Containers {
				if t.LastStatus != "STOPPED" && c.Digest != "" {
					used[c.Digest] = true
				}
			}
		}
		for _, svc := range state.Services.All(tx) {
			for _, n := range append([]string{svc.Live}, svc.Listed...) {
				rev, ok := state.Revisions.Get(tx, svc.Key()+"/"+n)
				if !ok {
					continue
				}
				for _, ci := range rev.Body.V.ContainerImages {
					used[aws.ToString(ci.ImageDigest)] = true
				}
			}
		}
	})
	return used
}

package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/image/blob"
)

// Freed counts what GC removed.
type Freed struct{ Images, Layers, Blobs int }

// GC removes images for which keep answers false, unless Prepare returned them a
// short while ago (Options.Grace), and then the layers and blobs that no image
// needs. keep sees the digest that Prepare returned.
func (s *Store) GC(keep func(digest string) bool) (Freed, error) {
	var freed Freed
	s.mu.Lock()
	layers, blobs, err := s.dropRecords(keep, &freed)
	if err != nil {
		s.mu.Unlock()
		return freed, err
	}
	doomed, err := s.dropLayers(layers, &freed)
	s.mu.Unlock()
	// Layers have left their names; their files take longer.
	for _, dir := range doomed {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return freed, errors.Join(err, s.dropBlobs(blobs, &freed))
}

// dropRecords removes records and returns what the others need.
func (s *Store) dropRecords(keep func(string) bool, freed *Freed) (layers, blobs map[blob.Digest]bool, err error) {
	layers, blobs = map[blob.Digest]bool{}, map[blob.Digest]bool{}
	entries, err := os.ReadDir(s.records())
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		d, err := blob.Parse("sha256:" + strings.TrimSuffix(e.Name(), ".json"))
		if err != nil {
			continue
		}
		rec, ok := s.load(d)
		if ok && (s.recent(d) || keep(string(d))) {
			for _, l := range rec.Layers {
				layers[l.DiffID] = true
			}
			blobs[rec.Digest], blobs[rec.Manifest], blobs[rec.ConfigDigest] = true, true, true
			continue
		}
		if err := os.Remove(s.recordPath(d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
		delete(s.used, string(d))
		freed.Images++
	}
	return layers, blobs, blob.SyncDir(s.records())
}

func (s *Store) recent(d blob.Digest) bool {
	at, ok := s.used[string(d)]
	return ok && time.Since(at) < s.opts.Grace
}

// dropLayers takes layers out of sight, except those that a Prepare needs now.
// The caller holds s.mu and removes the directories returned.
func (s *Store) dropLayers(needed map[blob.Digest]bool, freed *Freed) (doomed []string, err error) {
	entries, err := os.ReadDir(s.layers())
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		d, err := blob.Parse("sha256:" + e.Name())
		if err != nil || needed[d] || s.busy[string(d)] > 0 {
			continue
		}
		dir, err := os.MkdirTemp(s.tmp(), "gone-")
		if err != nil {
			return doomed, err
		}
		if err := os.Rename(s.layerDir(d), filepath.Join(dir, "layer")); err != nil {
			return doomed, err
		}
		doomed = append(doomed, dir)
		freed.Layers++
	}
	return doomed, nil
}

// dropBlobs removes manifests and configurations that are older than the grace
// time: a Prepare may be about to use a younger one.
func (s *Store) dropBlobs(needed map[blob.Digest]bool, freed *Freed) error {
	for d, info := range s.blobs.All() {
		if needed[d] || time.Since(info.ModTime()) < s.opts.Grace {
			continue
		}
		if err := s.blobs.Delete(d); err != nil {
			return err
		}
		freed.Blobs++
	}
	return nil
}

package image

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/grue-ecs/grue/internal/image/blob"
)

// record is what is kept of an image, DIR/images/<digest>.json. It is written
// once all layers are there, and never changed.
type record struct {
	Digest       blob.Digest // what the tag points to
	Manifest     blob.Digest // for this platform; the same unless Digest is an index
	ConfigDigest blob.Digest
	Config       Config
	Layers       []layer // lowest first
}

// layer is one layer: DiffID names it unpacked, Digest as the registry has it.
type layer struct {
	DiffID, Digest blob.Digest
	Size           int64
}

// fill takes over what a manifest and a configuration say.
func (rec *record) fill(m *v1.Manifest, body []byte) error {
	var file v1.ConfigFile
	if err := json.Unmarshal(body, &file); err != nil {
		return fmt.Errorf("%w: configuration %s: %w", errManifest, rec.ConfigDigest, err)
	}
	if len(file.RootFS.DiffIDs) != len(m.Layers) {
		return fmt.Errorf("%w: %d layers, but %d diff ids: not a container image", errManifest, len(m.Layers), len(file.RootFS.DiffIDs))
	}
	for i, l := range m.Layers {
		diff, err := blob.Parse(file.RootFS.DiffIDs[i].String())
		if err != nil {
			return fmt.Errorf("%w: %w", errManifest, err)
		}
		d, err := blob.Parse(l.Digest.String())
		if err != nil {
			return fmt.Errorf("%w: %w", errManifest, err)
		}
		rec.Layers = append(rec.Layers, layer{diff, d, l.Size})
	}
	c := file.Config
	rec.Config = Config{
		Env: c.Env, Entrypoint: c.Entrypoint, Cmd: c.Cmd,
		User: c.User, WorkingDir: c.WorkingDir, StopSignal: c.StopSignal,
		Volumes:      slices.Sorted(maps.Keys(c.Volumes)),
		ExposedPorts: slices.Sorted(maps.Keys(c.ExposedPorts)),
	}
	return nil
}

// store keeps a small blob.
func (s *Store) store(d blob.Digest, body []byte) error {
	_, _, err := s.blobs.Put(bytes.NewReader(body), d, 0)
	return err
}

func (s *Store) recordPath(d blob.Digest) string {
	return filepath.Join(s.records(), d.Hex()+".json")
}

// load reads the record of an image that is here.
func (s *Store) load(d blob.Digest) (*record, bool) {
	body, err := os.ReadFile(s.recordPath(d))
	if err != nil {
		return nil, false
	}
	rec := &record{}
	if json.Unmarshal(body, rec) != nil || rec.Digest != d {
		return nil, false
	}
	return rec, true
}

// keep writes the record, which makes the image one that is here.
func (s *Store) keep(rec *record) error {
	body, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(s.tmp(), "record-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(body); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), s.recordPath(rec.Digest)); err != nil {
		return err
	}
	return blob.SyncDir(s.records())
}

// claim returns the record of an image that is here, held against GC.
func (s *Store) claim(d blob.Digest) (*record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, ok := s.load(d)
	if ok {
		s.count(rec, 1)
	}
	return rec, ok
}

// hold keeps GC from the layers of an image that is being prepared.
func (s *Store) hold(rec *record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(rec, 1)
}

func (s *Store) release(rec *record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(rec, -1)
}

func (s *Store) count(rec *record, n int) {
	for _, l := range rec.Layers {
		key := string(l.DiffID)
		if s.busy[key] += n; s.busy[key] == 0 {
			delete(s.busy, key)
		}
	}
}

// finish makes sure of the record, which GC may have removed since claim, and
// begins the grace time in which GC keeps the image.
func (s *Store) finish(rec *record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(s.recordPath(rec.Digest)); err != nil {
		if err := s.keep(rec); err != nil {
			return err
		}
	}
	s.used[string(rec.Digest)] = time.Now()
	return nil
}

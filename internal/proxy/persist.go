package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/grue-ecs/grue/internal/route"
)

// persister writes the newest table to disk. Tables that come while it writes
// are skipped but for the last one, so that a thousand changes a second cost as
// many writes as the disk can do.
type persister struct {
	path string
	wake chan struct{}
	mu   sync.Mutex
	next *route.Table
}

func (s *persister) init(path string) { s.path, s.wake = path, make(chan struct{}, 1) }

func (s *persister) put(t *route.Table) {
	s.mu.Lock()
	s.next = t
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *persister) take() *route.Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.next
	s.next = nil
	return t
}

func (s *persister) run(ctx context.Context, done func(*route.Table, error)) {
	for {
		for t := s.take(); t != nil; t = s.take() {
			done(t, s.save(t))
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
	}
}

func (s *persister) save(t *route.Table) error {
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return writeFile(s.path, data)
}

// load reads the table of an earlier process, nil when there is none.
func (s *persister) load() (*route.Table, error) {
	data, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := new(route.Table)
	if err := json.Unmarshal(data, t); err != nil {
		return nil, fmt.Errorf("proxy: %s: %w", s.path, err)
	}
	return t, nil
}

// writeFile replaces a file so that after a power cut either the old or the new
// content is there. Only the owner may read it: tables hold private keys.
func writeFile(path string, data []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

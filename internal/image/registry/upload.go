package registry

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
)

// uploads are blobs that are arriving, one file each. The second half of an
// upload's id, a UUID, is a hash of its repository, so that nothing else needs to
// be remembered across a restart: the file's length is how far the client came.
type uploads struct {
	dir   string
	blobs *blob.Dir
	mu    sync.Mutex
	open  map[string]*upload
}

// upload is one blob that is arriving.
type upload struct {
	mu   sync.Mutex
	path string
	size int64
	hash hash.Hash // of size bytes; nil = not known since a restart or an error
}

var uploadRule = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func openUploads(dir string, blobs *blob.Dir) (*uploads, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &uploads{dir: dir, blobs: blobs, open: map[string]*upload{}}, nil
}

func repositoryHash(s arn.Scope, name string) string {
	sum := sha256.Sum256([]byte(repositoryKey(s, name)))
	return hex.EncodeToString(sum[:2]) + "-" + hex.EncodeToString(sum[2:8])
}

// start begins an upload to a repository.
func (u *uploads) start(s arn.Scope, name string) (id string, err error) {
	var b [8]byte
	rand.Read(b[:]) // never fails
	id = fmt.Sprintf("%x-%x-%x-%s", b[:4], b[4:6], b[6:], repositoryHash(s, name))
	path := filepath.Join(u.dir, id)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.open[id] = &upload{path: path, hash: sha256.New()}
	return id, f.Close()
}

// find returns an upload of this repository, locked, also one that began before
// a restart.
func (u *uploads) find(s arn.Scope, name, id string) (*upload, error) {
	missing := problem(UploadNotFound, "The upload with id '%.64s' does not exist in the repository with name '%s' in the registry with id '%s'", id, name, s.Account)
	if !uploadRule.MatchString(id) || id[19:] != repositoryHash(s, name) {
		return nil, missing
	}
	u.mu.Lock()
	up := u.open[id]
	if up == nil {
		up = &upload{path: filepath.Join(u.dir, id)}
		u.open[id] = up
	}
	u.mu.Unlock()
	up.mu.Lock()
	info, err := os.Stat(up.path)
	if err != nil {
		up.mu.Unlock()
		u.forget(id)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, missing
		}
		return nil, err
	}
	if up.hash == nil {
		up.size = info.Size()
	}
	return up, nil
}

func (u *uploads) forget(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.open, id)
}

// append adds what r yields at the end. Bytes that arrived before an error stay:
// the client may ask how many and go on.
func (up *upload) append(r io.Reader, limit int64) error {
	f, err := os.OpenFile(up.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	var w io.Writer = f
	if up.hash != nil {
		w = io.MultiWriter(f, up.hash)
	}
	n, err := io.Copy(w, blob.Limit(r, limit-up.size))
	up.size += n
	if err != nil {
		up.hash = nil // perhaps not what is in the file
	}
	return err
}

// finish verifies the content, puts it on disk and into the blobs.
func (up *upload) finish(blobs *blob.Dir, want blob.Digest) error {
	f, err := os.Open(up.path)
	if err != nil {
		return err
	}
	defer f.Close()
	if up.hash == nil {
		up.hash = sha256.New()
		if _, err := io.Copy(up.hash, f); err != nil {
			up.hash = nil
			return err
		}
	}
	if got := blob.FromSum(up.hash.Sum(nil)); got != want {
		return problem(DigestMismatch, "the uploaded content has digest %s, not %s", got, want)
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := blobs.Adopt(up.path, want); err != nil {
		return fmt.Errorf("keep layer %s: %w", want, err)
	}
	return nil
}

// sweep removes uploads that rested too long.
func (u *uploads) sweep(before time.Time) {
	entries, err := os.ReadDir(u.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.ModTime().Before(before) {
			continue
		}
		_ = os.Remove(filepath.Join(u.dir, e.Name())) // next time, then
		u.forget(e.Name())
	}
}

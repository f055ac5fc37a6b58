package blob

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// ErrMismatch is returned for content that does not hash to what was promised.
var ErrMismatch = errors.New("content does not match its digest")

// ErrTooLarge is returned for content over the limit.
var ErrTooLarge = errors.New("content is too large")

// Dir is an open directory of blobs. Methods are safe for concurrent use.
type Dir struct{ path string }

// Open opens or makes the directory and empties its tmp.
func Open(path string) (*Dir, error) {
	d := &Dir{path}
	if err := os.RemoveAll(d.tmp()); err != nil {
		return nil, err
	}
	for _, p := range []string{d.tmp(), filepath.Join(path, "sha256")} {
		if err := os.MkdirAll(p, 0o700); err != nil {
			return nil, err
		}
	}
	return d, SyncDir(path)
}

func (d *Dir) tmp() string { return filepath.Join(d.path, "tmp") }

// Path is where the blob is, or would be.
func (d *Dir) Path(digest Digest) string {
	return filepath.Join(d.path, "sha256", digest.Hex())
}

// Has tells whether the blob is here.
func (d *Dir) Has(digest Digest) bool {
	_, err := os.Stat(d.Path(digest))
	return err == nil
}

// Open opens a blob for reading and tells its size.
func (d *Dir) Open(digest Digest) (*os.File, int64, error) {
	f, err := os.Open(d.Path(digest))
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// Read returns a small blob.
func (d *Dir) Read(digest Digest) ([]byte, error) { return os.ReadFile(d.Path(digest)) }

// Put stores what r yields, at most limit bytes (0 = no limit). When want is not
// empty the content must hash to it.
func (d *Dir) Put(r io.Reader, want Digest, limit int64) (Digest, int64, error) {
	f, err := os.CreateTemp(d.tmp(), "put-")
	if err != nil {
		return "", 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), Limit(r, limit))
	if err != nil {
		return "", n, err
	}
	got := FromSum(h.Sum(nil))
	if want != "" && got != want {
		return "", n, fmt.Errorf("%w: got %s, want %s", ErrMismatch, got, want)
	}
	if err := f.Sync(); err != nil {
		return "", n, err
	}
	return got, n, d.Adopt(f.Name(), got)
}

// Adopt moves a file of the same file system, whose content is synced and known
// to hash to digest, into the directory.
func (d *Dir) Adopt(file string, digest Digest) error {
	if err := os.Rename(file, d.Path(digest)); err != nil {
		return err
	}
	return SyncDir(filepath.Join(d.path, "sha256"))
}

// Delete removes a blob; one that is not here is no error.
func (d *Dir) Delete(digest Digest) error {
	if err := os.Remove(d.Path(digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// All lists the blobs with their files' facts.
func (d *Dir) All() iter.Seq2[Digest, fs.FileInfo] {
	return func(yield func(Digest, fs.FileInfo) bool) {
		entries, err := os.ReadDir(filepath.Join(d.path, "sha256"))
		if err != nil {
			return
		}
		for _, e := range entries {
			digest, err := Parse(algorithm + e.Name())
			if err != nil {
				continue
			}
			if info, err := e.Info(); err == nil && !yield(digest, info) {
				return
			}
		}
	}
}

// SyncDir makes renames and new names in a directory durable.
func SyncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Limit is r, failing with ErrTooLarge once more than limit bytes were read;
// 0 means no limit.
func Limit(r io.Reader, limit int64) io.Reader {
	if limit <= 0 {
		return r
	}
	return &limited{r, limit, limit}
}

type limited struct {
	r           io.Reader
	left, limit int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return 0, fmt.Errorf("%w: over %d bytes", ErrTooLarge, l.limit)
	}
	return n, err
}

package function

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/grue-ecs/grue/internal/store"
)

// Code is unpacked code.
type Code struct {
	Digest string // hexadecimal SHA-256 of the zip
	Sum    []byte
	Size   int64
}

// SaveCode keeps a zip, packed and unpacked. Call release when a version refers
// to the code, or never will.
func (f *Functions) SaveCode(doc []byte) (c Code, release func(), err error) {
	if len(doc) > MaxZip {
		return c, nil, CodeError("The zip file is larger than 50 MB.")
	}
	sum := sha256.Sum256(doc)
	c = Code{Digest: hex.EncodeToString(sum[:]), Sum: sum[:], Size: int64(len(doc))}
	f.codeMu.Lock()
	defer f.codeMu.Unlock()
	f.held[c.Digest]++
	release = func() {
		f.codeMu.Lock()
		defer f.codeMu.Unlock()
		if f.held[c.Digest]--; f.held[c.Digest] == 0 {
			delete(f.held, c.Digest)
		}
	}
	if err = f.unpack(doc, f.codeDir(c.Digest)); err != nil {
		if f.held[c.Digest]--; f.held[c.Digest] == 0 {
			delete(f.held, c.Digest)
		}
		return c, nil, err
	}
	return c, release, nil
}

// unpack makes dir complete or not at all.
func (f *Functions) unpack(doc []byte, dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	tmp, err := os.MkdirTemp(f.codeDir(""), "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	task := filepath.Join(tmp, "task")
	if err := os.Mkdir(task, 0o755); err != nil {
		return err
	}
	if err := unzip(doc, task); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "code.zip"), doc, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}

func (f *Functions) codeDir(digest string) string { return filepath.Join(f.opts.Dir, "code", digest) }

// taskRoot is where the code of a version lies.
func (f *Functions) taskRoot(v *Version) string { return filepath.Join(f.codeDir(v.Digest), "task") }

// Zip is the file that a version's code came in.
func (f *Functions) Zip(v *Version) string { return filepath.Join(f.codeDir(v.Digest), "code.zip") }

// collect removes code that no version, no environment and no request uses.
func (f *Functions) collect() {
	used := map[string]bool{}
	f.mu.Lock()
	for key, p := range f.pools {
		if len(p.all) > 0 || p.starting > 0 {
			used[key.digest] = true
		}
	}
	f.mu.Unlock()
	f.codeMu.Lock()
	defer f.codeMu.Unlock()
	f.opts.Store.View(func(tx *store.Tx) {
		for _, v := range versions.All(tx) {
			used[v.Digest] = true
		}
	})
	dirs, err := os.ReadDir(f.codeDir(""))
	if err != nil {
		f.log.Warn("code not looked through", "err", err)
	}
	for _, d := range dirs {
		if used[d.Name()] || f.held[d.Name()] > 0 {
			continue
		}
		if err := os.RemoveAll(f.codeDir(d.Name())); err != nil {
			f.log.Warn("code not removed", "digest", d.Name(), "err", err)
		}
	}
}

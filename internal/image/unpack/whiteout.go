package unpack

import (
	"fmt"
	"path"
	"strings"
)

// Names of the OCI image specification (layer.md, "Whiteouts").
const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
	reservedPrefix = ".wh..wh."
)

// whiteoutEntry handles an entry whose base name begins with ".wh.".
func (w *writer) whiteoutEntry(dir, base string) error {
	switch {
	case base == opaqueName:
		if err := w.parents(dir); err != nil {
			return err
		}
		return w.setOpaque(dir)
	case strings.HasPrefix(base, reservedPrefix):
		return nil // bookkeeping of aufs, meaningless elsewhere
	}
	hidden := strings.TrimPrefix(base, whiteoutPrefix)
	if hidden == "" || hidden == "." || hidden == ".." {
		return fmt.Errorf("%w: whiteout of %q", ErrRefused, hidden)
	}
	if err := w.parents(dir); err != nil {
		return err
	}
	return w.whiteout(path.Join(dir, hidden))
}

// whiteout hides name of the lower layers. What this layer itself holds there
// stays, whichever came first: whiteouts apply to lower layers only.
func (w *writer) whiteout(name string) error {
	info, err := w.root.Lstat(name)
	switch {
	case err == nil && info.IsDir():
		return w.setOpaque(name)
	case err == nil:
		return nil
	}
	return w.makeWhiteout(name)
}

package unpack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// entry writes one tar entry.
func (w *writer) entry(h *tar.Header, content io.Reader) error {
	name, err := clean(h.Name)
	if err != nil {
		return err
	}
	base := path.Base(name)
	if strings.HasPrefix(base, whiteoutPrefix) {
		return w.whiteoutEntry(path.Dir(name), base)
	}
	if err := w.parents(path.Dir(name)); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return w.dir(name, h)
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		return w.file(name, h, content)
	case tar.TypeSymlink:
		return w.symlink(name, h)
	case tar.TypeLink:
		return w.hardlink(name, h)
	case tar.TypeFifo:
		return w.fifo(name, h)
	case tar.TypeChar, tar.TypeBlock:
		return w.device(name, h)
	case tar.TypeXGlobalHeader:
		return nil
	}
	return fmt.Errorf("%w: entry type %q", ErrRefused, h.Typeflag)
}

// parents makes the directories above an entry that the layer does not name.
func (w *writer) parents(dir string) error {
	if w.known[dir] {
		return nil
	}
	if err := w.parents(path.Dir(dir)); err != nil {
		return err
	}
	info, err := w.root.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		w.known[dir] = true
		return nil
	case err == nil && !isWhiteout(info):
		return fmt.Errorf("%w: its parent %q is not a directory", ErrRefused, dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return refuse(err)
	}
	return w.mkdir(dir, 0o755)
}

// mkdir makes a directory. One that takes the place of a whiteout is opaque:
// what lower layers hold there is gone.
func (w *writer) mkdir(name string, mode fs.FileMode) error {
	info, err := w.root.Lstat(name)
	opaque := err == nil && isWhiteout(info)
	if err == nil && !info.IsDir() {
		w.forget(info)
		if err := w.root.Remove(name); err != nil {
			return refuse(err)
		}
	}
	if err := w.root.Mkdir(name, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return refuse(err)
	}
	w.known[name] = true
	if opaque {
		return w.setOpaque(name)
	}
	return nil
}

func (w *writer) dir(name string, h *tar.Header) error {
	if name != "." {
		if err := w.mkdir(name, 0o700); err != nil {
			return err
		}
	}
	w.dirs[name] = h
	f, err := w.openDir(name)
	if err != nil {
		return refuse(err)
	}
	defer f.Close()
	return attributes(f, h)
}

func (w *writer) file(name string, h *tar.Header, content io.Reader) error {
	if err := w.replace(name); err != nil {
		return err
	}
	f, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return refuse(err)
	}
	defer f.Close()
	if n, err := io.Copy(f, content); err != nil {
		return err
	} else if n != h.Size {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrRefused, n, h.Size)
	}
	if err := attributes(f, h); err != nil {
		return err
	}
	if len(w.files) <= syncEach {
		w.files = append(w.files, name)
	}
	return w.root.Chtimes(name, accessTime(h), h.ModTime)
}

// symlink keeps the target as it is: it means something only inside the
// container, and os.Root never follows one that leaves the layer.
func (w *writer) symlink(name string, h *tar.Header) error {
	if h.Linkname == "" || len(h.Linkname) > maxName {
		return fmt.Errorf("%w: symbolic link to %.80q", ErrRefused, h.Linkname)
	}
	if err := w.replace(name); err != nil {
		return err
	}
	if err := w.root.Symlink(h.Linkname, name); err != nil {
		return refuse(err)
	}
	return w.linkAttributes(name, h)
}

// hardlink links to another file of the same layer. An absolute target counts
// from the root of the image.
func (w *writer) hardlink(name string, h *tar.Header) error {
	target, err := clean(h.Linkname)
	if err != nil {
		return err
	}
	if target == name {
		return nil
	}
	info, err := w.root.Lstat(target)
	if err != nil {
		return fmt.Errorf("hard link to %.200q: %w", h.Linkname, refuse(err))
	}
	if info.IsDir() || isWhiteout(info) {
		return fmt.Errorf("%w: hard link to %.200q, which is not a file", ErrRefused, h.Linkname)
	}
	if err := w.replace(name); err != nil {
		return err
	}
	return refuse(w.root.Link(target, name))
}

// device makes none: a character device 0:0 is a whiteout in a layer that was
// made from an overlayfs directory, every other one is reported.
func (w *writer) device(name string, h *tar.Header) error {
	if h.Typeflag == tar.TypeChar && h.Devmajor == 0 && h.Devminor == 0 {
		return w.whiteout(name)
	}
	if len(w.report.Skipped) < 100 {
		w.report.Skipped = append(w.report.Skipped, name)
	}
	return nil
}

// replace removes what an earlier entry of the layer left at name.
func (w *writer) replace(name string) error {
	if name == "." {
		return fmt.Errorf("%w: the root of an image is a directory", ErrRefused)
	}
	info, err := w.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return refuse(err)
	}
	w.forget(info)
	if !info.IsDir() {
		return refuse(w.root.Remove(name))
	}
	return refuse(w.root.RemoveAll(name))
}

// forget must be called before a directory, or a symbolic link that may lead to
// one, is removed: what was known below it is not true any more.
func (w *writer) forget(info fs.FileInfo) {
	if info.IsDir() || info.Mode()&fs.ModeSymlink != 0 {
		clear(w.known)
		w.known["."] = true
	}
}

// refuse marks errors that the layer's content caused.
func refuse(err error) error {
	if err == nil || diskError(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}

func accessTime(h *tar.Header) time.Time {
	if h.AccessTime.IsZero() {
		return h.ModTime
	}
	return h.AccessTime
}

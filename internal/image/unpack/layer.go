package unpack

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/grue-ecs/grue/internal/image/blob"
)

// ErrRefused is in the chain of every error about a layer that breaks the rules,
// as opposed to a disk that is full or a connection that broke.
var ErrRefused = errors.New("layer refused")

// Limits of one layer; zero members have defaults.
type Limits struct {
	Entries int   // 0 = 2,000,000
	Bytes   int64 // of the tar and of all files together; 0 = 64 GiB
}

func (l *Limits) fill() {
	if l.Entries == 0 {
		l.Entries = 2_000_000
	}
	if l.Bytes == 0 {
		l.Bytes = 64 << 30
	}
}

// Report tells what a layer held.
type Report struct {
	DiffID  blob.Digest // of the uncompressed tar
	Entries int
	Bytes   int64
	Skipped []string // devices, which containers do not take from images
}

// Layer unpacks a layer into dir, which must exist and be empty. It reads r to
// its end, so that the caller can verify the digest of the compressed bytes.
func Layer(ctx context.Context, r io.Reader, dir string, limits Limits) (Report, error) {
	limits.fill()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	s, err := open(r, limits.Bytes)
	if err != nil {
		return Report{}, err
	}
	defer s.end()
	w := &writer{root: root, limits: limits, dirs: map[string]*tar.Header{}, known: map[string]bool{".": true}}
	if err := w.entries(ctx, tar.NewReader(s)); err != nil {
		return Report{}, err
	}
	if w.report.DiffID, err = s.finish(); err != nil {
		return Report{}, err
	}
	if err := w.dirTimes(); err != nil {
		return Report{}, err
	}
	return w.report, w.sync(dir)
}

// writer writes the entries of one layer.
type writer struct {
	root   *os.Root
	limits Limits
	report Report
	dirs   map[string]*tar.Header // directories, whose times are set last
	known  map[string]bool        // directories that exist
	files  []string               // written, for sync; at most syncEach
}

func (w *writer) entries(ctx context.Context, t *tar.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			if errors.Is(err, tar.ErrHeader) || errors.Is(err, tar.ErrFieldTooLong) {
				err = fmt.Errorf("%w: %w", ErrRefused, err)
			}
			return err
		}
		if err := w.count(h); err != nil {
			return err
		}
		if err := w.entry(h, t); err != nil {
			return fmt.Errorf("entry %.200q: %w", h.Name, err)
		}
	}
}

// count applies the limits. The size of a sparse file is what it pretends to
// hold, so a few bytes cannot claim a disk.
func (w *writer) count(h *tar.Header) error {
	w.report.Entries++
	if w.report.Entries > w.limits.Entries {
		return fmt.Errorf("%w: more than %d entries", ErrRefused, w.limits.Entries)
	}
	if h.Size < 0 || h.Size > w.limits.Bytes-w.report.Bytes {
		return fmt.Errorf("%w: more than %d bytes", ErrRefused, w.limits.Bytes)
	}
	w.report.Bytes += h.Size
	return nil
}

// dirTimes sets the times of directories, deepest first, now that nothing is
// written below them any more.
func (w *writer) dirTimes() error {
	names := make([]string, 0, len(w.dirs))
	for name := range w.dirs {
		names = append(names, name)
	}
	slices.Sort(names)
	slices.Reverse(names)
	for _, name := range names {
		if info, err := w.root.Lstat(name); err != nil || !info.IsDir() {
			continue // replaced by a later entry
		}
		h := w.dirs[name]
		if err := w.root.Chtimes(name, accessTime(h), h.ModTime); err != nil {
			return err
		}
	}
	return nil
}

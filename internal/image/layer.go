package image

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/unpack"
)

// layer makes one layer present. Callers that want the same one share the work.
func (s *Store) layer(ctx context.Context, src source, p place, l layer) error {
	if s.unpacked(l) {
		return nil
	}
	return s.flights.do(ctx, string(l.DiffID), func(ctx context.Context) error {
		if s.unpacked(l) {
			return nil
		}
		select {
		case s.fetches <- struct{}{}:
			defer func() { <-s.fetches }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		err := s.fetch(ctx, src, p, l)
		if err != nil && transient(err) && ctx.Err() == nil {
			err = s.fetch(ctx, src, p, l)
		}
		return err
	})
}

// transient errors are worth a second try from the start, for a registry that
// cannot send the rest of a broken download.
func transient(err error) bool {
	c := cause(err)
	return c == CauseUnreachable || c == CauseOther
}

func (s *Store) unpacked(l layer) bool {
	_, err := os.Stat(s.layerDir(l.DiffID))
	return err == nil
}

// fetch unpacks a layer as it arrives, beside its place, and moves it there once
// both digests are right and every byte is on disk.
func (s *Store) fetch(ctx context.Context, src source, p place, l layer) error {
	tmp, err := os.MkdirTemp(s.tmp(), "layer-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	body, err := src.layer(ctx, l)
	if err != nil {
		return err
	}
	defer body.Close()
	counted := &verifier{r: body, hash: sha256.New(), limit: l.Size}
	faultUnpack.Hit()
	report, err := unpack.Layer(ctx, counted, tmp, s.opts.Limits)
	if err != nil {
		return fmt.Errorf("layer %s: %w", l.Digest, err)
	}
	if err := counted.check(l.Digest); err != nil {
		return err
	}
	if report.DiffID != l.DiffID {
		return fmt.Errorf("%w: layer %s unpacks to %s, the configuration says %s", blob.ErrMismatch, l.Digest, report.DiffID, l.DiffID)
	}
	if len(report.Skipped) > 0 {
		s.opts.Log.Warn("devices in an image are not made: containers get those of their runtime",
			"image", p.text, "layer", l.Digest, "devices", report.Skipped)
	}
	faultUnpacked.Hit()
	err = os.Rename(tmp, s.layerDir(l.DiffID))
	faultLayer.Hit()
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return blob.SyncDir(s.layers())
}

// verifier hashes the compressed bytes of a layer and stops a body that is
// longer than the manifest says.
type verifier struct {
	r     io.Reader
	hash  hash.Hash
	n     int64
	limit int64 // 0 = not known
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	v.hash.Write(p[:n])
	v.n += int64(n)
	if v.limit > 0 && v.n > v.limit {
		return n, fmt.Errorf("%w: more than the %d bytes that the manifest promises", blob.ErrMismatch, v.limit)
	}
	return n, err
}

// check reads what follows the compressed stream, then compares.
func (v *verifier) check(want blob.Digest) error {
	if _, err := io.Copy(io.Discard, v); err != nil {
		return err
	}
	if got := blob.FromSum(v.hash.Sum(nil)); got != want {
		return fmt.Errorf("%w: layer is %s, want %s", blob.ErrMismatch, got, want)
	}
	return nil
}

package unpack

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/grue-ecs/grue/internal/image/blob"
)

// stream is the tar inside a layer: decompressed, hashed and limited.
type stream struct {
	r    io.Reader
	hash hash.Hash
	end  func()
}

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// maxWindow is the largest window that zstd itself accepts by default.
const maxWindow = 128 << 20

// open finds out how a layer is compressed by its first bytes: media types lie.
func open(layer io.Reader, limit int64) (*stream, error) {
	buffered := bufio.NewReaderSize(layer, 64<<10)
	head, err := buffered.Peek(len(zstdMagic))
	if err != nil && err != io.EOF {
		return nil, err
	}
	s := &stream{r: buffered, hash: sha256.New(), end: func() {}}
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%w: gzip: %w", ErrRefused, err)
		}
		s.r, s.end = z, func() { z.Close() }
	case bytes.Equal(head, zstdMagic):
		z, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("%w: zstd: %w", ErrRefused, err)
		}
		s.r, s.end = z, z.Close
	}
	s.r = io.TeeReader(blob.Limit(s.r, limit), s.hash)
	return s, nil
}

func (s *stream) Read(p []byte) (int, error) { return s.r.Read(p) }

// finish reads what follows the tar's end mark and returns the diff ID.
func (s *stream) finish() (blob.Digest, error) {
	if _, err := io.Copy(io.Discard, s); err != nil {
		return "", err
	}
	return blob.FromSum(s.hash.Sum(nil)), nil
}

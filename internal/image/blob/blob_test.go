package blob_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/grue-ecs/grue/internal/image/blob"
)

func TestPut(t *testing.T) {
	path := t.TempDir()
	d, err := blob.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	right := blob.Of([]byte("content"))
	for what, c := range map[string]struct {
		r     io.Reader
		want  blob.Digest
		limit int64
		err   error
	}{
		"wrong digest": {strings.NewReader("other"), right, 0, blob.ErrMismatch},
		"too large":    {strings.NewReader("content"), right, 6, blob.ErrTooLarge},
		"broken":       {iotest.ErrReader(io.ErrUnexpectedEOF), right, 0, io.ErrUnexpectedEOF},
	} {
		if _, _, err := d.Put(c.r, c.want, c.limit); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if d.Has(right) {
		t.Error("wrong content is visible")
	}
	if entries, err := os.ReadDir(filepath.Join(path, "tmp")); err != nil || len(entries) != 0 {
		t.Errorf("left over: %v %v", entries, err)
	}
	got, n, err := d.Put(iotest.OneByteReader(strings.NewReader("content")), right, 7)
	if err != nil || got != right || n != 7 {
		t.Errorf("%s %d %v", got, n, err)
	}
	if body, err := d.Read(right); err != nil || string(body) != "content" {
		t.Errorf("%q %v", body, err)
	}
	n = 0
	for digest, info := range d.All() {
		if digest != right || info.Size() != 7 {
			t.Errorf("%s %d", digest, info.Size())
		}
		n++
	}
	for range 2 { // the second time it is gone already
		if err := d.Delete(right); err != nil {
			t.Error(err)
		}
	}
	if n != 1 || d.Has(right) {
		t.Errorf("%d blobs, still there: %v", n, d.Has(right))
	}
}

func FuzzParse(f *testing.F) {
	f.Add("sha256:" + strings.Repeat("0", 64))
	f.Add("sha256:../../../../etc/passwd")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := blob.Parse(s)
		if err == nil && (len(d.Hex()) != 64 || filepath.Base(d.Hex()) != d.Hex() || strings.ToLower(d.Hex()) != d.Hex()) {
			t.Errorf("%q is no file name", d.Hex())
		}
	})
}

package unpack_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/unpack"
)

// needRoot: owners, whiteouts and trusted attributes are root's to make.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

// archive writes a tar of headers; regular files hold their own name.
func archive(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, h := range entries {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Mode == 0 && h.Typeflag != tar.TypeXGlobalHeader {
			h.Mode = 0o755
		}
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(h.Name))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(h.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func file(name string) tar.Header { return tar.Header{Name: name} }
func dir(name string) tar.Header  { return tar.Header{Name: name, Typeflag: tar.TypeDir} }
func link(name, to string) tar.Header {
	return tar.Header{Name: name, Linkname: to, Typeflag: tar.TypeLink}
}

func symlink(name, to string) tar.Header {
	return tar.Header{Name: name, Linkname: to, Typeflag: tar.TypeSymlink}
}

// place is a directory for a layer with a witness beside it that no layer may
// touch.
func place(t testing.TB) (layer string, check func()) {
	t.Helper()
	outer := t.TempDir()
	layer = filepath.Join(outer, "layer")
	witness := filepath.Join(outer, "witness")
	for _, d := range []string{layer, witness} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return layer, func() {
		t.Helper()
		for d, want := range map[string]int{outer: 2, witness: 0} {
			entries, err := os.ReadDir(d)
			if err != nil || len(entries) != want {
				t.Errorf("a layer wrote outside its directory: %v %v", entries, err)
			}
		}
	}
}

func TestHostileLayersAreRefused(t *testing.T) {
	needRoot(t)
	for name, entries := range map[string][]tar.Header{
		"dots":                      {file("../witness/x")},
		"dots in the middle":        {dir("a"), file("a/../../witness/x")},
		"symlink out":               {symlink("a", "../witness"), file("a/x")},
		"absolute symlink":          {symlink("a", "/tmp"), file("a/grue-unpack-escape")},
		"chain of symlinks":         {dir("d"), symlink("d/a", ".."), symlink("d/b", "a/../witness"), file("d/b/x")},
		"symlink loop":              {symlink("a", "b"), symlink("b", "a"), file("a/x")},
		"directory through symlink": {symlink("a", "../witness"), dir("a/sub")},
		"link out":                  {link("a", "../witness/x")},
		"link to what is not there": {link("a", "etc/shadow")},
		"link to a directory":       {dir("d"), link("a", "d")},
		"link through symlink":      {symlink("a", "/etc"), link("b", "a/passwd")},
		"whiteout out":              {symlink("a", "../witness"), file("a/.wh.x")},
		"whiteout of dots":          {file("a/.wh...")},
		"whiteout of nothing":       {file("a/.wh.")},
		"opaque out":                {symlink("a", "../witness"), file("a/.wh..wh..opq")},
		"file below file":           {file("a"), file("a/b")},
		"root as a file":            {file(".")},
		"symlink becomes a pipe":    {dir("d"), symlink("a", "d"), file("a/x"), {Name: "a", Typeflag: tar.TypeFifo}, file("a/y")},
		"pipe as a directory":       {{Name: "a", Typeflag: tar.TypeFifo}, file("a/.wh..wh..opq")},
		"root as a symlink":         {symlink(".", "/etc")},
		"socket-like type":          {{Name: "a", Typeflag: 'Z'}},
		"fifo out":                  {symlink("a", "../witness"), {Name: "a/f", Typeflag: tar.TypeFifo}},
	} {
		t.Run(name, func(t *testing.T) {
			layer, check := place(t)
			_, err := unpack.Layer(t.Context(), bytes.NewReader(archive(t, entries...)), layer, unpack.Limits{})
			if !errors.Is(err, unpack.ErrRefused) {
				t.Errorf("got %v, want a refusal", err)
			}
			check()
		})
	}
	if _, err := os.Lstat("/tmp/grue-unpack-escape"); err == nil {
		t.Error("a file was written to /tmp")
	}
}

func TestOddLayersAreFine(t *testing.T) {
	needRoot(t)
	for name, c := range map[string]struct {
		entries []tar.Header
		want    []string
	}{
		"no parents":            {[]tar.Header{file("a/b/c")}, []string{"a/b/c"}},
		"absolute names":        {[]tar.Header{file("/etc/x")}, []string{"etc/x"}},
		"dot names":             {[]tar.Header{dir("./"), file("./a")}, []string{"a"}},
		"twice":                 {[]tar.Header{file("a"), file("a")}, []string{"a"}},
		"file becomes dir":      {[]tar.Header{file("a"), dir("a"), file("a/b")}, []string{"a/b"}},
		"dir becomes file":      {[]tar.Header{dir("a"), file("a/b"), file("a")}, []string{"a"}},
		"symlink becomes file":  {[]tar.Header{symlink("a", "/etc/passwd"), file("a")}, []string{"a"}},
		"symlink becomes dir":   {[]tar.Header{symlink("a", "/etc"), dir("a"), file("a/b")}, []string{"a/b"}},
		"link with a slash":     {[]tar.Header{file("a"), link("b", "/a")}, []string{"a", "b"}},
		"symlink inside":        {[]tar.Header{dir("usr/lib"), symlink("lib", "usr/lib"), file("lib/x")}, []string{"usr/lib/x"}},
		"dangling symlink":      {[]tar.Header{symlink("a", "/nowhere/else")}, []string{"a"}},
		"global header":         {[]tar.Header{{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "x"}}, file("a")}, []string{"a"}},
		"devices are not made":  {[]tar.Header{{Name: "dev/null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}, file("a")}, []string{"a"}},
		"aufs bookkeeping":      {[]tar.Header{file(".wh..wh.plnk/x"), file(".wh..wh.aufs"), file("a")}, []string{"a"}},
		"directory replaced by": {[]tar.Header{dir("a"), symlink("a", "b"), dir("b")}, []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			layer, check := place(t)
			if _, err := unpack.Layer(t.Context(), bytes.NewReader(archive(t, c.entries...)), layer, unpack.Limits{}); err != nil {
				t.Fatal(err)
			}
			for _, name := range c.want {
				if _, err := os.Lstat(filepath.Join(layer, name)); err != nil {
					t.Error(err)
				}
			}
			if _, err := os.Lstat(filepath.Join(layer, "dev/null")); err == nil {
				t.Error("a device was made")
			}
			check()
		})
	}
}

func TestWhiteouts(t *testing.T) {
	needRoot(t)
	opaque := func(t *testing.T, path string) bool {
		t.Helper()
		var b [1]byte
		n, err := unix.Lgetxattr(path, "trusted.overlay.opaque", b[:])
		return err == nil && n == 1 && b[0] == 'y'
	}
	whiteout := func(t *testing.T, path string) bool {
		t.Helper()
		var st syscall.Stat_t
		return syscall.Lstat(path, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFCHR && st.Rdev == 0
	}
	for name, c := range map[string]struct {
		entries             []tar.Header
		opaque, gone, plain string
	}{
		"file":                    {entries: []tar.Header{file("a/.wh.b")}, gone: "a/b"},
		"opaque directory":        {entries: []tar.Header{dir("a"), file("a/.wh..wh..opq")}, opaque: "a"},
		"whiteout, then file":     {entries: []tar.Header{file(".wh.a"), file("a")}, plain: "a"},
		"file, then whiteout":     {entries: []tar.Header{file("a"), file(".wh.a")}, plain: "a"},
		"whiteout, then dir":      {entries: []tar.Header{file(".wh.a"), dir("a")}, opaque: "a"},
		"dir, then whiteout":      {entries: []tar.Header{dir("a"), file(".wh.a")}, opaque: "a"},
		"whiteout, then child":    {entries: []tar.Header{file(".wh.a"), file("a/b")}, opaque: "a", plain: "a/b"},
		"already in overlay form": {entries: []tar.Header{{Name: "a", Typeflag: tar.TypeChar}}, gone: "a"},
	} {
		t.Run(name, func(t *testing.T) {
			layer, _ := place(t)
			if _, err := unpack.Layer(t.Context(), bytes.NewReader(archive(t, c.entries...)), layer, unpack.Limits{}); err != nil {
				t.Fatal(err)
			}
			if c.opaque != "" && !opaque(t, filepath.Join(layer, c.opaque)) {
				t.Errorf("%s is not opaque", c.opaque)
			}
			if c.gone != "" && !whiteout(t, filepath.Join(layer, c.gone)) {
				t.Errorf("%s is no whiteout", c.gone)
			}
			if c.plain != "" && whiteout(t, filepath.Join(layer, c.plain)) {
				t.Errorf("%s is a whiteout", c.plain)
			}
		})
	}
}

func TestAttributesAreKept(t *testing.T) {
	needRoot(t)
	at := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	entries := []tar.Header{
		{Name: "d", Typeflag: tar.TypeDir, Mode: 0o1777, Uid: 7, Gid: 8, ModTime: at},
		{Name: "d/su", Mode: 0o4755, Uid: 0, Gid: 9, ModTime: at, PAXRecords: map[string]string{
			"SCHILY.xattr.user.note": "x", "SCHILY.xattr.trusted.overlay.redirect": "/etc", "SCHILY.xattr.user.overlay.opaque": "y",
		}},
		{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/nowhere", Uid: 5, Gid: 6, ModTime: at},
		{Name: "p", Typeflag: tar.TypeFifo, Mode: 0o622, ModTime: at},
	}
	layer, _ := place(t)
	if _, err := unpack.Layer(t.Context(), bytes.NewReader(archive(t, entries...)), layer, unpack.Limits{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		mode     fs.FileMode
		uid, gid uint32
	}{
		"d":    {fs.ModeDir | fs.ModeSticky | 0o777, 7, 8},
		"d/su": {fs.ModeSetuid | 0o755, 0, 9},
		"l":    {fs.ModeSymlink | 0o777, 5, 6},
		"p":    {fs.ModeNamedPipe | 0o622, 0, 0},
	} {
		info, err := os.Lstat(filepath.Join(layer, name))
		if err != nil {
			t.Fatal(err)
		}
		st := info.Sys().(*syscall.Stat_t)
		if info.Mode() != want.mode || st.Uid != want.uid || st.Gid != want.gid || !info.ModTime().Equal(at) {
			t.Errorf("%s: %v %d %d %s", name, info.Mode(), st.Uid, st.Gid, info.ModTime())
		}
	}
	buf := make([]byte, 256)
	n, err := unix.Llistxattr(filepath.Join(layer, "d/su"), buf)
	if err != nil || strings.Contains(string(buf[:n]), "overlay") || !strings.Contains(string(buf[:n]), "user.note") {
		t.Errorf("attributes %q %v", buf[:n], err)
	}
}

func TestCompressionAndDiffID(t *testing.T) {
	needRoot(t)
	plain := archive(t, dir("d"), file("d/a"))
	var gz, zs bytes.Buffer
	g := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{g, z} {
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, body := range map[string][]byte{"plain": plain, "gzip": gz.Bytes(), "zstd": zs.Bytes()} {
		layer, _ := place(t)
		report, err := unpack.Layer(t.Context(), bytes.NewReader(body), layer, unpack.Limits{})
		if err != nil || report.DiffID != blob.Of(plain) || report.Entries != 2 {
			t.Errorf("%s: %+v %v", name, report, err)
		}
	}
	for name, body := range map[string][]byte{"cut gzip": gz.Bytes()[:gz.Len()/2], "cut tar": plain[:600], "noise": []byte("this is no tar, and it is long enough for a header? no")} {
		layer, _ := place(t)
		if _, err := unpack.Layer(t.Context(), bytes.NewReader(body), layer, unpack.Limits{}); err == nil {
			t.Errorf("%s was unpacked", name)
		}
	}
}

func TestLimits(t *testing.T) {
	needRoot(t)
	body := archive(t, file("a"), file("b"), file("c"))
	for name, limits := range map[string]unpack.Limits{"entries": {Entries: 2}, "bytes": {Bytes: 1000}} {
		layer, _ := place(t)
		if _, err := unpack.Layer(t.Context(), bytes.NewReader(body), layer, limits); err == nil {
			t.Errorf("limit of %s not applied", name)
		}
	}
	// A sparse file claims a terabyte with a few bytes.
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	if err := w.WriteHeader(&tar.Header{Name: "s", Typeflag: tar.TypeReg, Size: 1 << 40, Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	layer, _ := place(t)
	if _, err := unpack.Layer(t.Context(), &buf, layer, unpack.Limits{}); !errors.Is(err, unpack.ErrRefused) {
		t.Errorf("terabyte: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := unpack.Layer(ctx, bytes.NewReader(body), layer, unpack.Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// FuzzEntries: whatever the entries, nothing is written outside the directory,
// and what was written can be read without following a link out of it.
func FuzzEntries(f *testing.F) {
	needRoot(f)
	if _, err := os.Stat("/dev/shm"); err == nil {
		f.Setenv("TMPDIR", "/dev/shm") // without a disk, a thousand times as fast
	}
	f.Add([]byte{0x10, 1, 0, 0x22, 2, 9, 0x01, 2, 0})
	f.Add([]byte{0x50, 1, 0, 0x11, 1, 0, 0x32, 3, 1})
	f.Fuzz(func(t *testing.T, program []byte) {
		layer, check := place(t)
		_, _ = unpack.Layer(t.Context(), bytes.NewReader(archive(t, entriesOf(program)...)), layer, unpack.Limits{Entries: 100, Bytes: 1 << 20})
		check()
	})
}

// entriesOf reads entries from bytes: kind, name and target of each.
func entriesOf(program []byte) (entries []tar.Header) {
	words := []string{"a", "b", "c", "..", ".", "", "witness", ".wh.a", ".wh.b", ".wh..wh..opq", "/tmp", "../witness", "a/b", "../..", "/", ".wh..."}
	for len(program) >= 3 && len(entries) < 30 {
		p := program[:3]
		program = program[3:]
		h := tar.Header{Name: words[p[1]&15], Typeflag: []byte{tar.TypeReg, tar.TypeDir, tar.TypeSymlink, tar.TypeLink, tar.TypeFifo, tar.TypeChar, tar.TypeSymlink, tar.TypeDir}[p[0]>>4&7], Mode: 0o755}
		if p[0]&8 != 0 {
			h.Name += "/" + words[p[1]>>4]
		}
		if h.Typeflag != tar.TypeDir {
			h.Name = strings.TrimRight(h.Name, "/") // the writer insists
		}
		if h.Typeflag == tar.TypeSymlink || h.Typeflag == tar.TypeLink {
			h.Linkname = words[p[2]&15]
			if p[0]&4 != 0 {
				h.Linkname += "/" + words[p[2]>>4]
			}
		}
		entries = append(entries, h)
	}
	return entries
}

// FuzzLayer: no bytes make it crash or hang.
func FuzzLayer(f *testing.F) {
	needRoot(f)
	if _, err := os.Stat("/dev/shm"); err == nil {
		f.Setenv("TMPDIR", "/dev/shm")
	}
	f.Add(archive(f, dir("a"), file("a/b"), symlink("c", "../witness"), file("c/x")))
	f.Fuzz(func(t *testing.T, body []byte) {
		layer, check := place(t)
		_, _ = unpack.Layer(t.Context(), bytes.NewReader(body), layer, unpack.Limits{Entries: 100, Bytes: 1 << 20})
		check()
	})
}

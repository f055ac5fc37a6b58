package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed assets
var embedded embed.FS

// asset is a file of the front end, as it is and compressed.
type asset struct {
	plain, zipped []byte
	kind, etag    string
}

// contentTypes are the content types of the front end's files; the machine's table may
// not know them.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".json": "application/json", ".png": "image/png", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json",
}

// frontEnd is what a browser loads. Compressing it once is enough.
var frontEnd = sync.OnceValues(func() (map[string]*asset, error) { return loadAssets(embedded) })

// loadAssets reads and compresses every embedded file.
func loadAssets(files fs.FS) (map[string]*asset, error) {
	out := map[string]*asset{}
	err := fs.WalkDir(files, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		doc, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		out[strings.TrimPrefix(name, "assets/")] = newAsset(name, doc)
		return nil
	})
	return out, err
}

func newAsset(name string, doc []byte) *asset {
	sum := sha256.Sum256(doc)
	a := &asset{plain: doc, kind: contentTypes[path.Ext(name)], etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
	if a.kind == "" {
		a.kind = mime.TypeByExtension(path.Ext(name))
	}
	var buf bytes.Buffer
	z, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level exists
	_, _ = z.Write(doc)
	_ = z.Close()
	if buf.Len() < len(doc) {
		a.zipped = buf.Bytes()
	}
	return a
}

// serve answers with the asset, or that the browser has it already.
func (a *asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", cache)
	h.Set("Vary", "Accept-Encoding")
	body, etag := a.plain, a.etag
	if a.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body, etag = a.zipped, strings.TrimSuffix(a.etag, `"`)+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// serveAsset answers GET /ui/assets/….
func (s *Site) serveAsset(w http.ResponseWriter, r *http.Request) {
	a := s.assets[strings.TrimPrefix(r.URL.Path, "/ui/assets/")]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	a.serve(w, r, "no-cache")
}

// serveIndex answers every page of the dashboard: the browser routes by itself.
func (s *Site) serveIndex(w http.ResponseWriter, r *http.Request) {
	s.assets["index.html"].serve(w, r, "no-store")
}

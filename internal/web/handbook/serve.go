package handbook

import (
	"bytes"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// ServeHTTP serves GET and HEAD of /ui/docs, /ui/docs/NAME and /ui/docs/PICTURE.
// Page names may end in .md.
func (b *Book) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(strings.TrimPrefix(r.URL.Path, Root), "/")
	if data, ok := b.pictures[name]; ok {
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
		return
	}
	if bare, ok := strings.CutSuffix(name, ".md"); ok {
		http.Redirect(w, r, Root+"/"+bare, http.StatusPermanentRedirect)
		return
	}
	p, ok := b.byName[name]
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	if !ok {
		b.missing(w)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.html))
}

// missing answers 404 with the list of pages.
func (b *Book) missing(w http.ResponseWriter) {
	w.WriteHeader(http.StatusNotFound)
	_ = layout.Execute(w, frame{
		Page:  &Page{Name: "-", Title: "No such page", Body: "<h1>No such page</h1><p>The manual has these pages:</p>" + listing(b.pages)},
		Pages: b.pages,
	})
}

package web

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// heartbeat of streams.
const heartbeat = 15 * time.Second

// view finds the view that a path below prefix names.
func (s *Site) view(r *http.Request, prefix string, who *Session) (feedKey, View, error) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), prefix)
	parts := strings.Split(path, "/")
	for i, p := range parts {
		text, err := url.PathUnescape(p)
		if err != nil || text == "" {
			return feedKey{}, View{}, noView(path)
		}
		parts[i] = text
	}
	k, ok := s.kinds[parts[0]]
	if !ok || len(parts)-1 != k.Parts {
		return feedKey{}, View{}, noView(path)
	}
	scope := who.Scope(r)
	return feedKey{scope, path}, k.Open(s, scope, parts[1:]), nil
}

func noView(path string) error {
	return &Problem{Code: "ResourceNotFoundException", Message: "There is no view " + path + ".", Status: http.StatusNotFound}
}

// serveView answers GET /ui/api/view/PATH with the view as it is now.
func serveView(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	key, v, err := s.view(r, "/ui/api/view/", who)
	if err != nil {
		s.fail(w, err)
		return
	}
	c := newChange(nil)
	s.opts.Store.View(func(tx *store.Tx) {
		b := &Build{Site: s, Tx: tx, Now: s.opts.Now(), Scope: key.scope}
		var whole Items
		if whole, err = v.All(b); err != nil {
			return
		}
		c.replace(whole, nil)
		if v.Measure != nil {
			for key, doc := range v.Measure(b) {
				c.set(key, doc)
			}
		}
	})
	if err != nil {
		s.fail(w, err)
		return
	}
	var b bytes.Buffer
	b.WriteString(`{"items":`)
	writeItems(&b, c.items)
	b.WriteString(`,"now":`)
	b.Write(marshal(At(s.opts.Now())))
	b.WriteString("}\n")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes())
}

// serveLive answers GET /ui/live/PATH with the view and all its changes.
func serveLive(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	key, v, err := s.view(r, "/ui/live/", who)
	if err != nil {
		s.fail(w, err)
		return
	}
	f := s.hub.join(key, v)
	if f == nil {
		s.fail(w, &Problem{Code: "ServiceUnavailable", Message: "The server is stopping.", Status: http.StatusServiceUnavailable})
		return
	}
	defer s.hub.leave(f)
	stream(w)
	s.follow(w, r, who, f)
}

// stream begins an answer of server-sent events.
func stream(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
}

// follow writes frames until the reader or its session goes, or the site closes. A
// reader that is slow misses frames and gets a full one instead.
func (s *Site) follow(w http.ResponseWriter, r *http.Request, who *Session, f *feed) {
	ctl := http.NewResponseController(w)
	pulse := time.NewTicker(s.hub.heartbeat)
	defer pulse.Stop()
	version := 0
	for {
		frames, at, news := f.next(version)
		for _, frame := range frames {
			if _, err := w.Write(frame); err != nil {
				return
			}
		}
		if len(frames) > 0 && ctl.Flush() != nil {
			return
		}
		if version = at; news == nil {
			continue
		}
		select {
		case <-news:
		case <-r.Context().Done():
			return
		case <-s.hub.closed:
			return
		case <-pulse.C:
			if !s.alive(who, r) {
				return
			}
			if _, err := w.Write([]byte(": still here\n\n")); err != nil || ctl.Flush() != nil {
				return
			}
		}
	}
}

package server

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/console"
	"github.com/grue-ecs/grue/internal/web"
	"github.com/grue-ecs/grue/internal/wire"
)

// httpServer is the API's front: grue's own routes, the image registry, and
// AWS's APIs for everything else.
func (s *server) httpServer() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /grue/health", s.health)
	mux.Handle("GET /grue/events", local(s.events))
	mux.Handle("GET /grue/traffic", local(http.HandlerFunc(s.balancer.ServeTraffic)))
	mux.Handle("GET /grue/goroutines", local(http.HandlerFunc(goroutines)))
	mux.Handle("GET /metrics", s.mayScrape(s.scrape.Handler()))
	s.approvals.Routes(mux, s.guard)
	s.notifier.Routes(mux, s.guard)
	mux.Handle("/ui", s.web)
	mux.Handle("/ui/", s.web)
	mux.Handle("GET "+console.Path, s.console)
	mux.Handle("/v2/", s.registry)
	mux.Handle("/", s.topics.Certificate(bounded(s.api)))
	return &http.Server{
		Handler:           impatient(noForeignPages(mux), deadline),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          nil,
	}
}

// health answers 200 while every API answers; the body tells about the parts.
func (s *server) health(w http.ResponseWriter, _ *http.Request) {
	id, connected := s.link.Connected()
	doc := map[string]any{
		"status": "ok", "version": Version, "runtime": s.platform.driver.Name(),
		"proxy": map[string]any{"connected": connected, "pid": id.PID, "table": id.Version},
		"epoch": s.store.Epoch(),
	}
	writeJSON(w, doc)
}

// maxDocument bounds the requests of every API but Lambda's, whose paths begin
// with the year of their version and whose documents hold programs.
const maxDocument = 16 << 20

func bounded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && !strings.HasPrefix(r.URL.Path, "/20") {
			copied := *r
			copied.Body = http.MaxBytesReader(w, r.Body, maxDocument)
			r = &copied
		}
		h.ServeHTTP(w, r)
	})
}

// local serves only programs on this machine that call it by a name of loopback: these routes carry
// no signature. Others arrive from loopback, too: through a proxy, or from a page whose name was made
// to point here.
func local(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !wire.Local(r) {
			http.Error(w, "this route answers only on the machine that grue runs on, by the names of loopback", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// noForeignPages refuses what a browser sends for a page of another site: the
// development key is known to everybody, so such a page could sign with it.
func noForeignPages(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site := r.Header.Get("Sec-Fetch-Site")
		origin := r.Header.Get("Origin")
		u, err := url.Parse(origin)
		foreign := site == "cross-site" || site == "same-site" || origin != "" && (err != nil || u.Host != r.Host)
		if foreign && !web.Navigation(r) && !isLink(r) {
			http.Error(w, "requests from pages of other sites are refused", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, doc any) {
	body, err := json.Marshal(doc)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n'))
}

// Version of this grue.
const Version = "0.1.0"

package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/usage"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// ECS are the handlers of Amazon ECS that the dashboard's actions call.
type ECS interface {
	StopServiceDeployment(context.Context, *ecs.StopServiceDeploymentInput) (*ecs.StopServiceDeploymentOutput, error)
	UpdateService(context.Context, *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error)
}

// Options of New. Store is required.
type Options struct {
	Store    *store.Store
	Metrics  *metric.Store  // nil = nothing is measured
	Balancer *elb.Balancer  // nil = no target health
	Ledger   *elb.Ledger    // nil = no rates of requests
	Watcher  *watch.Watcher // nil = no values of alarms
	Logs     *logs.Store    // nil = no logs
	ECS      ECS            // nil = no actions
	// Decide approves or rejects what a hook waits for.
	Decide func(ctx context.Context, p *approval.Pending, approve bool) error
	// Stats are the resources that a task uses now, by container.
	Stats func(ctx context.Context, task string) (map[string]runtime.Stats, error)
	// Usage is what a task used in the last minutes; nil = that is not known.
	Usage func(task string) []usage.Point
	// Authenticate and Session find access keys, as wire.Options do.
	Authenticate func(accessKey string) (secret string, c wire.Caller, ok bool)
	Session      func(accessKey string) (token string, expires time.Time, ok bool)
	// ProxyConnected tells whether a proxy serves; nil = it is not told.
	ProxyConnected  func() bool
	Account, Region string // of the development key
	Minute          time.Duration
	Version         string
	Log             *slog.Logger
	Now             func() time.Time
}

// Site serves the dashboard. Close it before the store.
type Site struct {
	opts     Options
	log      *slog.Logger
	handler  http.Handler
	assets   map[string]*asset
	kinds    map[string]Kind
	hub      *hub
	recorder *recorder
	tries    tries
}

// New returns a Site that serves at once.
func New(o Options) (*Site, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Minute == 0 {
		o.Minute = time.Minute
	}
	assets, err := frontEnd()
	if err != nil {
		return nil, err
	}
	s := &Site{opts: o, log: o.Log, assets: assets, kinds: map[string]Kind{}}
	for _, k := range kinds() {
		s.kinds[k.Name] = k
	}
	s.hub = newHub(s)
	s.recorder = &recorder{site: s, of: map[string]*seen{}}
	if o.Ledger != nil {
		s.hub.wg.Go(func() { s.recorder.run(s.hub.closed) })
	}
	mux := http.NewServeMux()
	s.route(mux)
	s.handler = harden(mux)
	return s, nil
}

// route adds what the site serves to a mux.
func (s *Site) route(mux *http.ServeMux) {
	mux.HandleFunc("GET /ui/assets/", s.serveAsset)
	mux.HandleFunc("GET /ui/", s.serveIndex)
	mux.Handle("GET /ui", http.RedirectHandler("/ui/", http.StatusPermanentRedirect))
	mux.HandleFunc("POST /ui/api/session", s.signIn)
	mux.HandleFunc("GET /ui/api/session", s.who)
	mux.Handle("DELETE /ui/api/session", s.page((*Site).signOut))
	mux.Handle("GET /ui/api/view/", s.page(serveView))
	mux.Handle("GET /ui/live/", s.page(serveLive))
	for _, r := range routes() {
		if r.Open {
			mux.HandleFunc(r.Pattern, func(w http.ResponseWriter, req *http.Request) { r.Page(s, w, req, nil) })
			continue
		}
		mux.Handle(r.Pattern, s.page(r.Page))
	}
	for _, method := range []string{"GET", "POST", "DELETE"} {
		mux.Handle(method+" /ui/api/", s.page(func(s *Site, w http.ResponseWriter, r *http.Request, _ *Session) {
			s.fail(w, &Problem{Code: "UnknownOperationException", Message: r.Method + " " + r.URL.Path + " is not known.", Status: http.StatusNotFound})
		}))
	}
}

// Close ends every stream and waits for what computes views. It may be called twice.
func (s *Site) Close() { s.hub.close() }

// ServeHTTP implements http.Handler for /ui and all below.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// reply answers with a JSON document.
func reply(w http.ResponseWriter, status int, doc any) {
	body, err := json.Marshal(doc)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"code":"InternalFailure","message":"The answer could not be written."}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// fail answers with the problem that err is, or wraps.
func (s *Site) fail(w http.ResponseWriter, err error) {
	p := s.problem(err)
	reply(w, p.Status, p)
}

// problem words an error for the browser: AWS's errors and Problems as they are.
func (s *Site) problem(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		c := *p
		if c.Status == 0 {
			c.Status = http.StatusBadRequest
		}
		return &c
	}
	if e, ok := errors.AsType[*wire.Error](err); ok {
		status := e.Status
		if status == 0 {
			status = http.StatusBadRequest
		}
		return &Problem{Code: e.Code, Message: e.Message, Status: status}
	}
	s.log.Error("dashboard request failed", "err", err)
	return &Problem{Code: "InternalFailure", Message: "The request failed because of an unknown error; the server's log has it.", Status: http.StatusInternalServerError}
}

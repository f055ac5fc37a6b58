package metadata

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Options of New. Store is required.
type Options struct {
	Store *store.Store
	// Stats reads the resource use of a task's containers by name.
	Stats func(ctx context.Context, taskID string) (map[string]runtime.Stats, error)
	VPC   string
	// Credentials makes the keys of task roles; nil = tasks get none.
	Credentials Issuer
	Now         func() time.Time // nil = time.Now
}

// Handler serves the endpoint. Close it when it is no longer used.
type Handler struct {
	opts  Options
	index *index
	keys  keyring
	stop  func()
	mux   *http.ServeMux
}

// New returns a Handler for every task in the store, now and later.
func New(o Options) *Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Handler{opts: o, mux: http.NewServeMux(), keys: keyring{byTask: map[string]Credentials{}}}
	h.index, h.stop = newIndex(o.Store)
	for _, v := range []string{"/v3/", "/v4/"} {
		h.mux.HandleFunc("GET "+v+"{id}", h.container)
		h.mux.HandleFunc("GET "+v+"{id}/{$}", h.container)
		h.mux.HandleFunc("GET "+v+"{id}/task", h.task)
		h.mux.HandleFunc("GET "+v+"{id}/taskWithTags", h.taskWithTags)
		h.mux.HandleFunc("GET "+v+"{id}/stats", h.stats)
		h.mux.HandleFunc("GET "+v+"{id}/task/stats", h.taskStats)
	}
	h.mux.HandleFunc("GET /v2/credentials/{id}", h.credentials)
	h.mux.HandleFunc("GET /api/{id}/task-protection/v1/state", h.getProtection)
	h.mux.HandleFunc("PUT /api/{id}/task-protection/v1/state", h.putProtection)
	return h
}

// Close ends the watch of the store.
func (h *Handler) Close() { h.stop() }

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// subject is the container that asks, with its task and definition.
type subject struct {
	task *state.Task
	def  *state.TaskDefinition
	at   int // container's place in the task
}

func (h *Handler) find(r *http.Request) (s subject, ok bool) {
	p, ok := h.index.find(r.PathValue("id"))
	if !ok {
		return s, false
	}
	h.opts.Store.View(func(tx *store.Tx) {
		if s.task, ok = state.Tasks.Get(tx, p.task); !ok {
			return
		}
		s.at = p.index
		s.def, ok = state.DefinitionByARN(tx, s.task.TaskDefinition)
	})
	return s, ok
}

// serve answers with what shape makes of the container that asks.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, what string, shape func(subject) (any, error)) {
	s, ok := h.find(r)
	if !ok {
		answer(w, http.StatusNotFound, fmt.Sprintf("V4 %s metadata handler: unable to get %s from request: unable to find it by its id %s", what, what, r.PathValue("id")))
		return
	}
	doc, err := shape(s)
	if err != nil {
		answer(w, http.StatusInternalServerError, fmt.Sprintf("V4 %s metadata handler: %v", what, err))
		return
	}
	answer(w, http.StatusOK, doc)
}

func answer(w http.ResponseWriter, status int, doc any) {
	body, err := json.Marshal(doc)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`"unable to encode the document"`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

func (h *Handler) container(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, "container", func(s subject) (any, error) { return containerDoc(s, s.at), nil })
}

func (h *Handler) task(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, "task", func(s subject) (any, error) { return taskDoc(s, h.opts.VPC, h.opts.Now()), nil })
}

func (h *Handler) taskWithTags(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, "task", func(s subject) (any, error) {
		doc := taskDoc(s, h.opts.VPC, h.opts.Now())
		doc.TaskTags = map[string]string{}
		for _, t := range s.task.Tags {
			doc.TaskTags[*t.Key] = *t.Value
		}
		return doc, nil
	})
}

func (h *Handler) stats(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, "container stats", func(s subject) (any, error) {
		all, err := h.read(r.Context(), s)
		return all[s.task.Containers[s.at].RuntimeID], err
	})
}

func (h *Handler) taskStats(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, "task stats", func(s subject) (any, error) { return h.read(r.Context(), s) })
}

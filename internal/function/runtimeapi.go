package function

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// MaxPayload is AWS's limit for what goes in and out of an invocation; the
// Runtime API allows a hundred bytes more.
const (
	MaxPayload  = 6 << 20
	maxResponse = MaxPayload + 100
)

// routes is the Lambda Runtime API, version 2018-06-01.
func (e *environment) routes() http.Handler {
	mux := http.NewServeMux()
	const base = "/2018-06-01/runtime/"
	mux.HandleFunc("GET "+base+"invocation/next", e.next)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", e.response)
	mux.HandleFunc("POST "+base+"invocation/{id}/error", e.failure)
	mux.HandleFunc("POST "+base+"init/error", e.initError)
	return mux
}

// own lets in only the container of this environment: others share its network.
func (e *environment) own(h http.Handler) http.Handler {
	k, ok := e.process.(*container)
	if !ok || k.c.opts.Host != "" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.RemoteAddr); err != nil || host != k.address() {
			status(w, http.StatusForbidden, `{"errorMessage":"This is the Runtime API of another function","errorType":"Forbidden"}`)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// next waits without limit for an invocation; the first call ends init.
func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	if !e.isReady {
		e.isReady, e.initTime = true, time.Since(e.began)
		close(e.ready)
	}
	e.mu.Unlock()
	var in *invocation
	select {
	case in = <-e.work:
	case <-r.Context().Done():
		return
	}
	e.mu.Lock()
	e.current = in
	e.mu.Unlock()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", in.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(in.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", in.arn)
	h.Set("Lambda-Runtime-Trace-Id", in.trace)
	if in.clientContext != "" {
		h.Set("Lambda-Runtime-Client-Context", in.clientContext)
	}
	h.Set("Content-Length", strconv.Itoa(len(in.payload)))
	_, _ = w.Write(in.payload) // a runtime that left is seen by its exit
}

func (e *environment) response(w http.ResponseWriter, r *http.Request) {
	body, err := readAnswer(w, r)
	if err != nil {
		refuseLarge(w)
		doc, _ := json.Marshal(map[string]string{ // strings always encode
			"errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
			"errorType":    "Function.ResponseSizeTooLarge",
		})
		e.answer(r.PathValue("id"), Result{Payload: doc, FunctionError: "Unhandled"})
		return
	}
	faultAnswer.Hit()
	defer faultAnswered.Hit()
	res := Result{Payload: body}
	// A runtime that streams tells of a late error in trailers.
	if kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
		res.FunctionError = "Unhandled"
		if doc, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body")); err == nil && len(doc) > 0 {
			res.Payload = doc
		}
	}
	e.accept(w, r, res)
}

func (e *environment) failure(w http.ResponseWriter, r *http.Request) {
	body, err := readAnswer(w, r)
	if err != nil {
		refuseLarge(w)
		return
	}
	e.accept(w, r, Result{Payload: body, FunctionError: "Unhandled"})
}

// initError ends the environment: the pending invocation gets this error.
func (e *environment) initError(w http.ResponseWriter, r *http.Request) {
	body, err := readAnswer(w, r)
	if err != nil {
		refuseLarge(w)
		return
	}
	e.mu.Lock()
	if e.isReady {
		e.mu.Unlock()
		status(w, http.StatusForbidden, `{"errorMessage":"State transition is not allowed","errorType":"InvalidStateTransition"}`)
		return
	}
	if e.initFail == nil {
		e.initFail = &Result{Payload: body, FunctionError: "Unhandled"}
	}
	e.mu.Unlock()
	status(w, http.StatusAccepted, `{"status":"OK"}`)
	_ = http.NewResponseController(w).Flush() // before the process dies
	e.kill()
}

func readAnswer(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, err
	}
	return body, nil // half an answer: the process is about to be seen dead
}

func refuseLarge(w http.ResponseWriter) {
	status(w, http.StatusRequestEntityTooLarge, `{"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"}`)
}

func (e *environment) accept(w http.ResponseWriter, r *http.Request, res Result) {
	if !e.answer(r.PathValue("id"), res) {
		status(w, http.StatusBadRequest, `{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`)
		return
	}
	status(w, http.StatusAccepted, `{"status":"OK"}`)
}

// answer hands a result to the one who waits for it; a second answer, or one for
// another invocation, counts for nothing.
func (e *environment) answer(id string, res Result) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil || e.current.id != id {
		return false
	}
	e.current.answer <- res // has room for one
	e.current = nil
	return true
}

func status(w http.ResponseWriter, code int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, body)
}

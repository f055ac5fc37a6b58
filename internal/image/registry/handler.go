package registry

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	"github.com/grue-ecs/grue/internal/image/blob"
)

// call is one request of the distribution protocol.
type call struct {
	client
	w    http.ResponseWriter
	req  *http.Request
	name string // of the repository
	arg  string // reference, digest or upload id
}

// ServeHTTP answers everything below /v2/.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	if err := r.serve(w, req); err != nil {
		r.fail(w, req, err)
	}
}

func (r *Registry) serve(w http.ResponseWriter, req *http.Request) error {
	who, err := r.authenticate(req)
	if err != nil {
		return err
	}
	switch req.URL.Path {
	case "/v2/", "/v2":
		return answerJSON(w, http.StatusOK, struct{}{})
	case "/v2/_catalog":
		return r.catalog(w, req, who)
	}
	kind, name, arg := split(req.URL.Path)
	handle := routes[kind+" "+req.Method]
	if handle == nil {
		if kind == "" {
			return problem(InvalidName, "no such page: %.200q", req.URL.Path)
		}
		return problem(Unsupported, "%s is not supported here", req.Method)
	}
	if err := CheckName(name); err != nil {
		return err
	}
	return handle(r, &call{who, w, req, name, arg})
}

var routes = map[string]func(*Registry, *call) error{
	"manifest GET":    (*Registry).getManifest,
	"manifest HEAD":   (*Registry).getManifest,
	"manifest PUT":    (*Registry).putManifest,
	"manifest DELETE": (*Registry).deleteManifest,
	"blob GET":        (*Registry).getBlob,
	"blob HEAD":       (*Registry).getBlob,
	"blob DELETE":     (*Registry).deleteBlob,
	"uploads POST":    (*Registry).startUpload,
	"upload GET":      (*Registry).uploadStatus,
	"upload PATCH":    (*Registry).patchUpload,
	"upload PUT":      (*Registry).putUpload,
	"upload DELETE":   (*Registry).cancelUpload,
	"tags GET":        (*Registry).listTags,
	"referrers GET":   (*Registry).listReferrers,
}

// split takes a path apart. Names hold slashes, so the last keyword counts.
func split(path string) (kind, name, arg string) {
	rest, ok := strings.CutPrefix(path, "/v2/")
	if !ok {
		return "", "", ""
	}
	if name, ok := strings.CutSuffix(rest, "/tags/list"); ok {
		return "tags", name, ""
	}
	if i := strings.LastIndex(rest, "/blobs/uploads"); i >= 0 {
		arg := strings.Trim(rest[i+len("/blobs/uploads"):], "/")
		if arg == "" {
			return "uploads", rest[:i], ""
		}
		return "upload", rest[:i], arg
	}
	for _, k := range []struct{ kind, word string }{{"manifest", "/manifests/"}, {"blob", "/blobs/"}, {"referrers", "/referrers/"}} {
		if i := strings.LastIndex(rest, k.word); i >= 0 {
			return k.kind, rest[:i], rest[i+len(k.word):]
		}
	}
	return "", "", ""
}

// fail answers an error in the form of the distribution protocol.
func (r *Registry) fail(w http.ResponseWriter, req *http.Request, err error) {
	var p *Problem
	switch {
	case errors.As(err, &p):
	case errors.Is(err, blob.ErrTooLarge):
		p = problem(TooLarge, "%s", err)
	case errors.Is(err, blob.ErrDigest):
		p = problem(InvalidDigest, "%s", err)
	case errors.Is(err, fs.ErrNotExist):
		p = problem(LayerNotFound, "the layer's content is missing: push the image again")
	}
	code, status, message := "UNKNOWN", http.StatusInternalServerError, "internal error: see the log of grue"
	switch {
	case p != nil:
		code, status = p.code()
		message = p.Message
	case errors.Is(err, syscall.ENOSPC):
		status, message = http.StatusInsufficientStorage, "the disk of the registry is full: free space below the data directory and push again"
	}
	if status == http.StatusInternalServerError {
		r.opts.Log.Error("registry request failed", "method", req.Method, "path", req.URL.Path, "err", err)
	}
	if status == http.StatusUnauthorized {
		challenge(w, req)
	}
	type entry struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if err := answerJSON(w, status, map[string]any{"errors": []entry{{code, message}}}); err != nil {
		r.opts.Log.Error("registry answer not written", "err", err)
	}
}

// answerJSON answers v. An error of Write means that the client has gone: there
// is nobody left to tell.
func answerJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return nil
}

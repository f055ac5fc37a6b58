package registry

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
)

// startUpload answers POST /v2/name/blobs/uploads/: a mount from another
// repository, a whole blob, or an upload to be continued.
func (r *Registry) startUpload(c *call) error {
	scope, err := c.write(r)
	if err != nil {
		return err
	}
	q := c.req.URL.Query()
	if mount, from := q.Get("mount"), q.Get("from"); mount != "" && from != "" {
		if d, err := CheckDigest(mount); err == nil && r.mount(scope, c.name, from, d) == nil {
			return c.created(d)
		}
	}
	id, err := r.StartUpload(scope, c.name)
	if err != nil {
		return err
	}
	if q.Get("digest") != "" {
		c.arg = id
		return r.completeUpload(c, scope)
	}
	c.progress(id, 0, http.StatusAccepted)
	return nil
}

// patchUpload answers PATCH: one chunk, or the whole blob as a stream.
func (r *Registry) patchUpload(c *call) error {
	offset, err := contentRange(c.req.Header.Get("Content-Range"))
	if err != nil {
		return err
	}
	size, err := r.AppendUpload(c.read(r), c.name, c.arg, offset, c.body())
	if isKind(err, InvalidPart) {
		c.uploadHeaders(c.arg, size)
	}
	if err != nil {
		return err
	}
	c.progress(c.arg, size, http.StatusAccepted)
	return nil
}

// putUpload answers PUT with ?digest=: the end of an upload, perhaps with its
// last or only chunk.
func (r *Registry) putUpload(c *call) error { return r.completeUpload(c, c.read(r)) }

func (r *Registry) completeUpload(c *call, scope arn.Scope) error {
	d, err := CheckDigest(c.req.URL.Query().Get("digest"))
	if err != nil {
		return err
	}
	offset, err := contentRange(c.req.Header.Get("Content-Range"))
	if err != nil {
		return err
	}
	if c.req.ContentLength != 0 {
		if _, err := r.AppendUpload(scope, c.name, c.arg, offset, c.body()); err != nil {
			return err
		}
	}
	if _, err := r.FinishUpload(scope, c.name, c.arg, d); err != nil {
		return err
	}
	return c.created(d)
}

func (r *Registry) uploadStatus(c *call) error {
	size, err := r.UploadSize(c.read(r), c.name, c.arg)
	if err != nil {
		return err
	}
	c.progress(c.arg, size, http.StatusNoContent)
	return nil
}

func (r *Registry) cancelUpload(c *call) error {
	if err := r.CancelUpload(c.read(r), c.name, c.arg); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// created answers that a blob is in the repository.
func (c *call) created(d blob.Digest) error {
	c.w.Header().Set("Location", "/v2/"+c.name+"/blobs/"+string(d))
	c.w.Header().Set("Docker-Content-Digest", string(d))
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// progress answers how far an upload has come.
func (c *call) progress(id string, size int64, status int) {
	c.uploadHeaders(id, size)
	c.w.WriteHeader(status)
}

func (c *call) uploadHeaders(id string, size int64) {
	h := c.w.Header()
	h.Set("Location", "/v2/"+c.name+"/blobs/uploads/"+id)
	h.Set("Docker-Upload-UUID", id)
	h.Set("Range", fmt.Sprintf("0-%d", max(size-1, 0)))
}

// contentRange reads "start-end", with or without the unit; -1 means none.
func contentRange(s string) (int64, error) {
	if s == "" {
		return -1, nil
	}
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "bytes "), "/")
	first, last, ok := strings.Cut(s, "-")
	start, err1 := strconv.ParseInt(first, 10, 64)
	end, err2 := strconv.ParseInt(last, 10, 64)
	if !ok || err1 != nil || err2 != nil || start < 0 || end < start-1 {
		return 0, problem(InvalidPart, "Content-Range %.80q is not START-END", s)
	}
	return start, nil
}

// bodyIdle is how long a client may send nothing while it uploads.
const bodyIdle = time.Minute

// body is the request's body; a client that stalls is given up.
func (c *call) body() io.Reader {
	return &patient{c.req.Body, http.NewResponseController(c.w)}
}

type patient struct {
	r   io.Reader
	ctl *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	// A connection without deadlines keeps those of the server.
	_ = p.ctl.SetReadDeadline(time.Now().Add(bodyIdle))
	n, err := p.r.Read(b)
	if err != nil {
		_ = p.ctl.SetReadDeadline(time.Time{})
	}
	return n, err
}

package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

// readBody returns the body as it was sent, which the signature covers.
func (r *Registry) readBody(req *http.Request) ([]byte, *Error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	if req.ContentLength > r.opts.MaxBody {
		return nil, r.tooLarge()
	}
	var buf bytes.Buffer
	if req.ContentLength > 0 {
		buf.Grow(int(min(req.ContentLength, 1<<20)) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(req.Body, r.opts.MaxBody+1))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, bodyError(tooLarge.Limit)
		}
		return nil, Errorf("IncompleteBody", "The body ended before its end: %d bytes arrived.", n)
	}
	if n > r.opts.MaxBody {
		return nil, r.tooLarge()
	}
	return buf.Bytes(), nil
}

func (r *Registry) tooLarge() *Error { return bodyError(r.opts.MaxBody) }

func bodyError(limit int64) *Error {
	return Errorf("RequestEntityTooLarge", "The body is larger than %d bytes.", limit).WithStatus(http.StatusRequestEntityTooLarge)
}

// inflate undoes Content-Encoding: SDKs compress the larger PutMetricData. The
// limit holds for what comes out.
func (r *Registry) inflate(req *http.Request, body []byte) ([]byte, *Error) {
	switch encoding := strings.ToLower(req.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		zr, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, Errorf("SerializationException", "The body is not gzip: %v.", err)
		}
		plain, err := io.ReadAll(io.LimitReader(zr, r.opts.MaxBody+1))
		if err != nil {
			return nil, Errorf("SerializationException", "The body is not gzip: %v.", err)
		}
		if int64(len(plain)) > r.opts.MaxBody {
			return nil, r.tooLarge()
		}
		return plain, nil
	default:
		return nil, Errorf("SerializationException", "The content encoding %q is not known; use gzip or none.", clip(encoding))
	}
}

package server

import (
	"io"
	"net/http"
	"time"
)

// A client may be slow, within reason: a body, or an answer that it takes, has
// this long and a second more for every slowest bytes. Otherwise a byte a second
// would hold a connection and its buffer for ever.
const (
	patience = 30 * time.Second
	slowest  = 8 << 10
)

func deadline(began time.Time, bytes int64) time.Time {
	return began.Add(patience + time.Duration(bytes/slowest)*time.Second)
}

// impatient ends the connections of clients that stall.
func impatient(h http.Handler, grace func(began time.Time, bytes int64) time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &patientWriter{ResponseWriter: w, ctl: http.NewResponseController(w), until: grace}
		_ = p.ctl.SetWriteDeadline(time.Time{}) // the one of the request before
		if r.Body != nil && r.Body != http.NoBody {
			copied := *r
			copied.Body = &patientBody{ReadCloser: r.Body, ctl: p.ctl, until: grace, began: time.Now()}
			r = &copied
		}
		h.ServeHTTP(p, r)
	})
}

type patientBody struct {
	io.ReadCloser
	ctl   *http.ResponseController
	until func(time.Time, int64) time.Time
	began time.Time
	read  int64
}

func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.ctl.SetReadDeadline(b.until(b.began, b.read))
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err == io.EOF {
		_ = b.ctl.SetReadDeadline(time.Time{}) // the handler may take its time
	}
	return n, err
}

// patientWriter gives each piece of an answer its time, for streams never end.
type patientWriter struct {
	http.ResponseWriter
	ctl   *http.ResponseController
	until func(time.Time, int64) time.Time
}

func (w *patientWriter) Write(p []byte) (int, error) {
	_ = w.ctl.SetWriteDeadline(w.until(time.Now(), int64(len(p))))
	return w.ResponseWriter.Write(p)
}

// Flush is for handlers that ask for an http.Flusher.
func (w *patientWriter) Flush() { _ = w.ctl.Flush() }

// Unwrap is for http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

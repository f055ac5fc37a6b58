// Package intact sends the requests of AWS's SDK for Go in one piece.
//
// The SDK closes the body of a request when the answer begins. Then its body says
// io.EOF where nothing is left to copy, which net/http, when it comes to look whether
// the body is over, takes for an error, and it breaks the connection under the answer.
// Only a server that answers within microseconds is that fast, and only answers of
// more than a buffer, 4 KB, are not there yet. The SDK tries again, so that people
// notice nothing; a test that counts calls, or allows one try, does.
package intact

import (
	"bytes"
	"io"
	"net/http"
)

// Client is an HTTP client for clients of the SDK; nil is http.DefaultTransport.
func Client(next http.RoundTripper) *http.Client {
	if next == nil {
		next = http.DefaultTransport
	}
	return &http.Client{Transport: transport{next}}
}

// transport gives requests bodies that net/http knows to be in memory: it sends such
// with the headers, and nobody closes them.
type transport struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return t.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if cerr := r.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return t.next.RoundTrip(r)
}

// CloseIdleConnections is for http.Client.CloseIdleConnections.
func (t transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Bounds of a conversation with a registry.
const (
	dialTime    = 4 * time.Second
	answerTime  = 8 * time.Second
	stallTime   = 30 * time.Second // without a byte of a download
	maxResumes  = 5
	resumePause = 500 * time.Millisecond
)

// errStalled: a registry stopped sending in the middle of a download.
var errStalled = errors.New("the registry stopped sending")

// outward is the way to other registries.
var outward http.RoundTripper = &resuming{&http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: dialTime, KeepAlive: 30 * time.Second}).DialContext,
	TLSHandshakeTimeout:   dialTime,
	ResponseHeaderTimeout: answerTime,
	ForceAttemptHTTP2:     true,
	MaxIdleConnsPerHost:   maxFetches,
	IdleConnTimeout:       30 * time.Second,
}}

// resuming continues the download of a blob where the connection broke, with a
// range request. The digest, checked at the end, proves the parts fit.
type resuming struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t *resuming) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	resp.Body = &download{
		via: t.next, req: req, body: resp.Body, cancel: cancel,
		resumable: req.Method == http.MethodGet && resp.StatusCode == http.StatusOK &&
			resp.ContentLength > 0 && !strings.Contains(req.URL.Path, "/manifests/"),
	}
	return resp, nil
}

// download is the body of an answer.
type download struct {
	via       http.RoundTripper
	req       *http.Request
	body      io.ReadCloser
	cancel    context.CancelCauseFunc
	resumable bool
	resumes   int
	at        int64
}

func (d *download) Read(p []byte) (int, error) {
	for {
		stalled := time.AfterFunc(stallTime, func() { d.cancel(errStalled) })
		n, err := d.body.Read(p)
		if !stalled.Stop() && err != nil && err != io.EOF {
			err = fmt.Errorf("%w for %s", errStalled, stallTime)
		}
		d.at += int64(n)
		if n > 0 && err != io.EOF {
			return n, nil // an error comes again, or is mended by then
		}
		if err == nil || err == io.EOF || !d.mend() {
			return n, err
		}
	}
}

// mend asks for the rest of a broken download.
func (d *download) mend() bool {
	for d.resumable && d.resumes < maxResumes && d.req.Context().Err() == nil {
		d.resumes++
		if !d.pause() {
			return false
		}
		ctx, cancel := context.WithCancelCause(d.req.Context())
		req := d.req.Clone(ctx)
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.at))
		resp, err := d.via.RoundTrip(req)
		if err != nil {
			cancel(nil)
			continue
		}
		if resp.StatusCode != http.StatusPartialContent {
			resp.Body.Close()
			cancel(nil)
			return false
		}
		d.Close()
		d.body, d.cancel = resp.Body, cancel
		return true
	}
	return false
}

func (d *download) pause() bool {
	timer := time.NewTimer(time.Duration(d.resumes) * resumePause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.req.Context().Done():
		return false
	}
}

func (d *download) Close() error {
	err := d.body.Close()
	d.cancel(nil)
	return err
}

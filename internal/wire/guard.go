package wire

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
)

// maxGuarded bounds the requests of routes behind Guard, in bytes.
const maxGuarded = 1 << 20

// Guard lets only those to a route of grue's own who may call AWS's APIs: whoever
// signs the request for the service of that name, and, without a signature,
// programs on this machine that call a loopback name. The caller and the decision
// are in the context of the request; the region of an unsigned one is that of
// ?region=, or the default.
func (r *Registry) Guard(service string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxGuarded))
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "the request is too large")
			return
		}
		ctx, status, message := r.guarded(req, body, service)
		if message != "" {
			r.opts.Log.Warn("request refused", "path", req.URL.Path, "reason", message, "peer", req.RemoteAddr)
			refuse(w, status, message)
			return
		}
		req = req.WithContext(ctx)
		req.Body = io.NopCloser(bytes.NewReader(body))
		h.ServeHTTP(w, req)
	})
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, message+"\n")
}

// guarded finds who calls; message tells why they may not.
func (r *Registry) guarded(req *http.Request, body []byte, service string) (ctx context.Context, status int, message string) {
	sig, aerr := parseSignature(req)
	if aerr != nil {
		return nil, http.StatusForbidden, aerr.message
	}
	c := r.defaultCaller()
	switch {
	case sig != nil:
		if c, aerr = r.authenticate(req, body, sig, service); aerr != nil {
			return nil, http.StatusForbidden, aerr.message
		}
	case !fromHere(req) || !isLoopbackName((&url.URL{Host: req.Host}).Hostname()):
		return nil, http.StatusForbidden, "sign the request with Signature Version 4 for the service " + service +
			"; without a signature this route answers only on the machine that grue runs on"
	}
	if region := req.URL.Query().Get("region"); region != "" && sig == nil {
		c.Region = region
	}
	c.SourceIP, c.Local, c.Endpoint = sourceIP(req), fromHere(req), endpoint(req)
	why, err := decision(req)
	if err != nil {
		return nil, http.StatusBadRequest, err.Message
	}
	return WithDecision(WithCaller(req.Context(), c), why), 0, ""
}

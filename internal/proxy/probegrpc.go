package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strconv"

	"github.com/grue-ecs/grue/internal/route"
)

// grpcCheckPath is asked when a GRPC group has no health check path.
const grpcCheckPath = "/AWS.ALB/healthcheck"

// probeHTTP2 does the health check of HTTP2 and GRPC groups on a connection of
// its own.
func probeHTTP2(ctx context.Context, spec *route.Group, address string) verdict {
	c := &spec.Check
	transport := http2Transport(&tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}, c.Protocol == "HTTPS")
	defer transport.CloseIdleConnections()
	method, path, scheme := http.MethodGet, c.Path, "http"
	var body io.Reader
	grpc := spec.Version == "GRPC"
	if grpc {
		method, body = http.MethodPost, bytes.NewReader(make([]byte, 5)) // an empty message
		if path == "" || path == "/" {
			path = grpcCheckPath
		}
	}
	if path == "" {
		path = "/"
	}
	if c.Protocol == "HTTPS" {
		scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, method, scheme+"://"+address+path, body)
	if err != nil {
		return failed(reasonInternal)
	}
	req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	if grpc {
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("TE", "trailers")
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		if ctx.Err() != nil {
			return failed(reasonTimeout)
		}
		return verdictOf(err)
	}
	defer resp.Body.Close()
	if !grpc {
		return match(c.Matcher, "200", resp.StatusCode)
	}
	return grpcVerdict(ctx, c, resp)
}

// grpcVerdict compares the gRPC status, which stands in the trailers or, of an
// answer without a message, in the header.
func grpcVerdict(ctx context.Context, c *route.Check, resp *http.Response) verdict {
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
		if ctx.Err() != nil {
			return failed(reasonTimeout)
		}
		return failed(reasonFailed)
	}
	status := resp.Trailer.Get("Grpc-Status")
	if status == "" {
		status = resp.Header.Get("Grpc-Status")
	}
	code, err := strconv.Atoi(status)
	if err != nil {
		return failed(reasonFailed)
	}
	return match(c.Matcher, "12", code)
}

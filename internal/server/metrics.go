package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/scrape"
	"github.com/grue-ecs/grue/internal/span"
	"github.com/grue-ecs/grue/internal/wire"
)

// openTraces begins to send traces, if the environment asks for them; see package
// span.
func (s *server) openTraces() error {
	s.spans = span.Start(context.Background(), "server", Version, s.log)
	s.onClose(s.spans.Close)
	s.onClose(s.spans.Follow(s.store))
	return nil
}

// openMetrics begins to measure; see package scrape.
func (s *server) openMetrics() error {
	if s.opts.MetricsToken != "" {
		if _, err := readToken(s.opts.MetricsToken); err != nil {
			return err
		}
	}
	s.onClose(s.scrape.Attach(scrape.Sources{
		Store: s.store, Balancer: s.balancer, Mesh: s.mesh, Link: s.link, Engine: s.engine, Queues: s.queues,
		Outboxes: map[string]func() outbox.Lag{"sns": s.topics.Lag, "eventbridge": s.buses.Lag, "notifications": s.notifier.Lag},
	}))
	return nil
}

// observe hears of every request to the AWS APIs.
func (s *server) observe(r *http.Request, o wire.Observation) {
	s.scrape.Request(r, o)
	s.spans.Request(r, o)
}

// minToken is the length that a token must have, in characters.
const minToken = 16

// readToken reads the token of GET /metrics: the first line of a file.
func readToken(file string) (string, error) {
	doc, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("cannot read the token of GET /metrics: %w", err)
	}
	token, _, _ := strings.Cut(strings.TrimSpace(string(doc)), "\n")
	if len(token) < minToken {
		return "", fmt.Errorf("the first line of %s must be a token of at least %d characters: 'openssl rand -hex 32' makes one", file, minToken)
	}
	return token, nil
}

// mayScrape lets in programs on this machine, and those of other machines that
// send the token. The file is read at each of their requests, so that a token can
// be exchanged without a restart.
func (s *server) mayScrape(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wire.Local(r) {
			h.ServeHTTP(w, r)
			return
		}
		if s.opts.MetricsToken == "" {
			http.Error(w, "metrics are shown on the machine that grue runs on; for other machines start it with --metrics-token-file FILE", http.StatusForbidden)
			return
		}
		if err := bears(r, s.opts.MetricsToken); err != nil {
			s.log.Warn("request for metrics refused", "peer", r.RemoteAddr, "err", err)
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics of grue"`)
			http.Error(w, "send the token of --metrics-token-file: 'Authorization: Bearer TOKEN'", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

var errToken = errors.New("no token, or another one")

// bears tells whether a request has the token.
func bears(r *http.Request, file string) error {
	want, err := readToken(file)
	if err != nil {
		return err
	}
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, b := sha256.Sum256([]byte(strings.TrimSpace(got))), sha256.Sum256([]byte(want))
	if !ok || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return errToken
	}
	return nil
}

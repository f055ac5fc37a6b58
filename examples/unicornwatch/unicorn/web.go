package unicorn

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// grace bounds how long requests may take after SIGTERM: less than the stopTimeout
// of the task definitions.
const grace = 8 * time.Second

// HeaderVersion tells which version answered.
const HeaderVersion = "X-Version"

// Serve serves mux on an address until SIGTERM, then finishes the requests that it
// has. GET prefix/healthz answers 200 until then, 503 after. Every other answer
// carries the version, and is as bad as the version is.
func Serve(address, prefix string, mux *http.ServeMux) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var ending atomic.Bool
	outer := http.NewServeMux()
	outer.HandleFunc("GET "+prefix+"/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if ending.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	outer.Handle("/", answering(mux))
	web := &http.Server{Addr: address, Handler: outer, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- web.ListenAndServe() }()
	select {
	case err := <-ended:
		log.Fatal(err)
	case <-ctx.Done():
	}
	ending.Store(true)
	late, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := web.Shutdown(late); err != nil {
		log.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func answering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(HeaderVersion, Version())
		Drag()
		if Fails() {
			http.Error(w, "a bad version fails now and then", http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// JSON answers with a document.
func JSON(w http.ResponseWriter, status int, doc any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(doc) // a client that is gone needs no answer
}

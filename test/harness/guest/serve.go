package main

import (
	"context"
	"crypto/sha1" //nolint:gosec // the handshake of WebSocket is defined with it
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// serve answers on addr until SIGTERM.
func serve(addr, mode string) {
	srv := &http.Server{Addr: addr, Handler: handler(os.Getenv("VERSION"), mode), Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	low := serveFlows(os.Getenv("VERSION"), mode)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		for range stop {
			if mode == "stubborn" {
				continue
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			_ = srv.Shutdown(ctx)
			cancel()
			low.bye()
			os.Exit(0)
		}
	}()
	fmt.Println(srv.ListenAndServe())
	select {} // the handler of SIGTERM ends the process
}

func handler(version, mode string) http.Handler {
	mux := http.NewServeMux()
	began := time.Now()
	var ill atomic.Bool
	ill.Store(mode == "unhealthy" || mode == "waiting")
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if ill.Load() || mode == "late" && time.Since(began) < 12*time.Second {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/ill", func(http.ResponseWriter, *http.Request) { ill.Store(true) })
	mux.HandleFunc("/well", func(http.ResponseWriter, *http.Request) { ill.Store(false) })
	mux.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, version, " ", n)
	})
	mux.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { os.Exit(4) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.URL.Query().Get("for"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
		fmt.Fprint(w, version)
	})
	mux.HandleFunc("/env", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, os.Getenv(r.URL.Query().Get("name"))) })
	mux.HandleFunc("/id", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, self()) })
	mux.HandleFunc("/headers", func(w http.ResponseWriter, r *http.Request) { _ = r.Header.Write(w) })
	mux.HandleFunc("/do", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, do(r.URL.Query()["step"])) })
	mux.HandleFunc("/sse", events)
	mux.HandleFunc("/ws", echo)
	calls(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") == "application/grpc" {
			grpcAnswer(w, r, version)
			return
		}
		if mode == "faulty" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprint(w, version)
	})
	return mux
}

// self is the id of the task, as its metadata endpoint's address tells it.
func self() string {
	uri := os.Getenv("ECS_CONTAINER_METADATA_URI_V4")
	id, _, _ := strings.Cut(uri[strings.LastIndexByte(uri, '/')+1:], "-")
	return id
}

// events sends ?n events, one every ?every.
func events(w http.ResponseWriter, r *http.Request) {
	every, err := time.ParseDuration(r.URL.Query().Get("every"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var n int
	_, _ = fmt.Sscan(r.URL.Query().Get("n"), &n)
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range n {
		fmt.Fprintf(w, "data: %d\n\n", i)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-time.After(every):
		case <-r.Context().Done():
			return
		}
	}
}

// echo upgrades to WebSocket and sends back every byte that comes.
func echo(w http.ResponseWriter, r *http.Request) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
	w.WriteHeader(http.StatusSwitchingProtocols)
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func(c net.Conn) { c.Close() }(conn)
	_, _ = io.Copy(conn, buf)
}

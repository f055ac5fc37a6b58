package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"

	"github.com/grue-ecs/grue/internal/proxy"
	"github.com/grue-ecs/grue/test/bench/rig"
)

// serveRole is what this program does as a process of the measurement.
func serveRole(role string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch role {
	case "grue":
		err = proxy.Run(ctx, proxy.Options{Dir: os.Getenv("BENCH_DIR"), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	case "httputil":
		err = serveHTTPUtil(ctx)
	case "target":
		err = serveTarget(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveHTTPUtil is net/http/httputil.ReverseProxy with a weighted choice and
// X-Forwarded fields: what one would write in an hour.
func serveHTTPUtil(ctx context.Context) error {
	targets := strings.Split(os.Getenv("BENCH_TARGETS"), ",")
	var turn atomic.Uint64
	rp := &httputil.ReverseProxy{
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", targets[0]
			if turn.Add(1)%10 == 0 {
				r.Out.URL.Host = targets[1]
			}
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
	}
	s := &http.Server{Addr: os.Getenv("BENCH_ADDRESS"), Handler: rp}
	go func() { <-ctx.Done(); s.Close() }()
	if err := s.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// startTargets runs the targets in processes of their own.
func startTargets(n int) (addresses []string, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, f := range stops {
			f()
		}
	}
	for range n {
		address := rig.FreeAddress()
		_, end, err := launch(self("target", "BENCH_ADDRESS="+address))
		if err != nil {
			stop()
			return nil, nil, err
		}
		stops = append(stops, end)
		addresses = append(addresses, address)
		if err := awaitAnswer(address); err != nil {
			stop()
			return nil, nil, err
		}
	}
	return addresses, stop, nil
}

// answer is about 200 bytes of body behind the usual fields.
var answer = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 02 Nov 2026 10:00:00 GMT\r\nContent-Length: 200\r\n\r\n" +
	strings.Repeat("0123456789", 20))

// serveTarget answers every request head with the same bytes, as cheaply as can
// be, to leave the processor to the proxies.
func serveTarget(ctx context.Context) error {
	l, err := net.Listen("tcp", os.Getenv("BENCH_ADDRESS"))
	if err != nil {
		return err
	}
	go func() { <-ctx.Done(); l.Close(); os.Exit(0) }()
	for {
		conn, err := l.Accept()
		if err != nil {
			return nil
		}
		go func() {
			defer conn.Close()
			r := bufio.NewReader(conn)
			for {
				line, err := r.ReadSlice('\n')
				if err != nil {
					return
				}
				if len(line) == 2 {
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
			}
		}()
	}
}

package nlb

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"testing"

	"github.com/grue-ecs/grue/internal/proxy"
)

// TestMain lets grue and the targets be processes of their own.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch os.Getenv("BENCH_ROLE") {
	case "":
		os.Exit(m.Run())
	case "grue":
		err = proxy.Run(ctx, proxy.Options{Dir: os.Getenv("BENCH_DIR"), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	case "target":
		err = serveTarget(ctx, os.Getenv("BENCH_ADDRESS"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The first byte from a client says what it wants.
const (
	wantsEcho = 'E' // one block back
	wantsBulk = 'B' // bytes until it closes
)

// block is a small question or answer.
const block = 128

// serveTarget is what the load balancers forward to.
func serveTarget(ctx context.Context, address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() { <-ctx.Done(); l.Close(); os.Exit(0) }()
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		go func() {
			defer c.Close()
			b := make([]byte, 256<<10)
			n, _ := io.ReadFull(c, b[:block])
			switch {
			case n < block:
			case b[0] == wantsBulk:
				for err == nil {
					_, err = c.Write(b)
				}
			default:
				_, _ = c.Write(b[:n])
				_, _ = c.Read(b)
			}
		}()
	}
}

package connect

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/proxy"
	"github.com/grue-ecs/grue/test/bench/rig"
)

// TestMain lets grue, the targets and the clients be processes of their own.
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
	case "load":
		d, _ := time.ParseDuration(os.Getenv("BENCH_TIME"))
		r := rig.Load(os.Getenv("BENCH_ADDRESS"), []byte(request), conns, d)
		err = json.NewEncoder(os.Stdout).Encode(loaded{r.Count, r.Failed, r.PerSecond(), rig.Millis(rig.Median(r.Times)), rig.Millis(rig.Quantile(r.Times, 0.99))})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const conns = 64

const request = "GET /api/items?page=1 HTTP/1.1\r\nHost: orders.internal\r\nUser-Agent: bench/1.0\r\n" +
	"Accept: */*\r\nAccept-Encoding: gzip\r\nCookie: session=0123456789abcdef\r\n\r\n"

// loaded is what a process that loads has seen.
type loaded struct {
	Count, Failed  int
	Rate, P50, P99 float64
}

// load runs a client, inside a namespace unless that is "".
func load(netns, address string, d time.Duration) (l loaded, err error) {
	exe, err := os.Executable()
	if err != nil {
		return l, err
	}
	cmd := exec.Command(exe)
	if netns != "" {
		cmd = exec.Command("nsenter", "--net="+netns, exe)
	}
	cmd.Env = append(os.Environ(), "BENCH_ROLE=load", "BENCH_ADDRESS="+address, "BENCH_TIME="+d.String())
	out, err := cmd.Output()
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(out, &l)
}

// spawn starts this program in a role; it ends with the benchmark.
func spawn(b *testing.B, role string, env ...string) (pid int) {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(append(os.Environ(), "BENCH_ROLE="+role), env...)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// answer is about 200 bytes of body behind the usual fields.
var answer = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 02 Nov 2026 10:00:00 GMT\r\nContent-Length: 200\r\n\r\n" +
	strings.Repeat("0123456789", 20))

// serveTarget answers every request head with the same bytes.
func serveTarget(ctx context.Context, address string) error {
	l, err := net.Listen("tcp", address)
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

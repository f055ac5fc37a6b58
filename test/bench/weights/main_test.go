package weights_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/proxy"
)

// roleDir is set in the process that is the proxy; it names its directory.
const roleDir = "BENCH_PROXY_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(roleDir); dir != "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := proxy.Run(ctx, proxy.Options{Dir: dir, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// startProxy runs a proxy in a process of its own, which is what it is in life.
func startProxy(b *testing.B) (pid int, c *link.Client) {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), roleDir+"="+dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			b.Error("proxy: ", err)
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if c, err = link.Dial(ctx, filepath.Join(dir, "proxy.sock")); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	return cmd.Process.Pid, c
}

// startTargets are n HTTP servers that answer with their number.
func startTargets(b *testing.B, n int) (addresses []string) {
	b.Helper()
	for i := range n {
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, i) })}
		l := listen(b)
		go func() { _ = s.Serve(l) }()
		b.Cleanup(func() { s.Close() })
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}

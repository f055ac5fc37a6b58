package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/proxy"
	"github.com/grue-ecs/grue/internal/span"
)

// proxyCmd is `grue proxy`.
type proxyCmd struct {
	Data string `help:"Directory of everything that grue owns." env:"GRUE_DATA" placeholder:"DIR"`
	logFlags
}

// Run is the life of the data plane.
func (c *proxyCmd) Run(*streams) error {
	data, err := dataDir(c.Data)
	if err != nil {
		return err
	}
	if err := makeDataDir(data); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP)
	log := c.keptLogger(os.Stderr, data, "proxy")
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	var told io.Closer
	defer func() {
		if told != nil {
			told.Close()
		}
	}()
	spans := span.Start(ctx, "proxy", Version, log)
	defer spans.Close()
	return proxy.Run(ctx, proxy.Options{
		Tracer: spans.Tracer(),
		Dir:    filepath.Join(data, "proxy"), Log: log, ShutdownTimeout: proxyGrace - 500*time.Millisecond,
		Ready: func() {
			shrink()
			if told, err = announce(data, identity{PID: os.Getpid(), Build: buildID()}); err != nil {
				log.Error("the next grue up will not find this proxy", "err", err)
			}
		},
	})
}

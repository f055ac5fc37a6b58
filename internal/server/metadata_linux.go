package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/network"
)

// serveMetadata serves 169.254.170.2 to the tasks of this grue. Every grue of a
// machine has that address on its own bridge; binding to the bridge tells them
// apart.
func (s *server) serveMetadata(ctx context.Context) error {
	if s.platform.network == nil {
		return s.serveMetadataAt(ctx, s.platform.metadata)
	}
	bridge := s.platform.network.Info().Bridge
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if cerr := c.Control(func(fd uintptr) {
			if err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_FREEBIND, 1); err == nil {
				err = unix.BindToDevice(int(fd), bridge)
			}
		}); cerr != nil {
			return cerr
		}
		return err
	}}
	l, err := lc.Listen(ctx, "tcp4", network.MetadataIP.String()+":80")
	if err != nil {
		s.log.Error("tasks cannot reach their metadata endpoint", "err", err)
		return nil
	}
	return s.answerMetadata(ctx, l)
}

// serveMetadataAt serves the tasks of a Docker Engine on the gateway of their
// network.
func (s *server) serveMetadataAt(ctx context.Context, addr string) error {
	if addr == "" {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", addr)
	if err != nil {
		s.log.Error("tasks cannot reach their metadata endpoint", "err", err)
		return nil
	}
	return s.answerMetadata(ctx, l)
}

func (s *server) answerMetadata(ctx context.Context, l net.Listener) error {
	web := &http.Server{Handler: s.metadata, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { web.Close() })
	defer stop()
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

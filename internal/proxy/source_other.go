//go:build !linux

package proxy

import (
	"log/slog"
	"net/netip"
	"sync"
	"syscall"
)

// sources would give connections the client's address; only Linux can.
type sources struct{ once sync.Once }

func (s *sources) control(log *slog.Logger, _ netip.AddrPort, _ *target) func(string, string, syscall.RawConn) error {
	s.once.Do(func() { log.Warn("targets see the proxy's address instead of the client's: that needs Linux") })
	return nil
}

package proxy

import (
	"log/slog"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/network"
)

// sources gives connections to targets the address of the client
// (preserve_client_ip.enabled), where what a target answers to it comes back
// through this machine: that is so for tasks on grue's bridge. Elsewhere the
// target sees the proxy's own address, which is said once.
type sources struct {
	mu    sync.Mutex
	paths []netip.Prefix
	until time.Time
	said  map[string]bool
}

// pathsLast is how long the machine's return paths are believed.
const pathsLast = 10 * time.Second

// obstacle tells why a target cannot see the client's address; "" = it can.
func (s *sources) obstacle(client, target netip.Addr) string {
	switch {
	case client.IsLoopback():
		return "the client is on a loopback address"
	case !client.Is4() || !target.Is4():
		return "only IPv4 addresses are preserved"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.After(s.until) {
		s.paths, s.until = network.ReturnPaths(), now.Add(pathsLast)
	}
	for _, p := range s.paths {
		if p.Contains(target) {
			if p.Contains(client) {
				return "client and target are on the same network, and would talk past the load balancer"
			}
			return ""
		}
	}
	return "answers of the target do not come back through a network of grue's"
}

// bind gives a socket the client's address, if possible with its port, before it
// is connected.
func (s *sources) bind(log *slog.Logger, fd int, client netip.AddrPort, target netip.Addr) {
	why := s.obstacle(client.Addr(), target)
	if why == "" {
		why = bindTransparent(fd, client)
	}
	if why == "" {
		return
	}
	s.mu.Lock()
	first := !s.said[why]
	if s.said == nil {
		s.said = make(map[string]bool)
	}
	s.said[why] = true
	s.mu.Unlock()
	if first {
		log.Warn("a target sees the proxy's address instead of the client's", "client", client.Addr(), "target", target, "reason", why)
	}
}

func bindTransparent(fd int, client netip.AddrPort) (why string) {
	if err := unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_TRANSPARENT, 1); err != nil {
		return "transparent sockets: " + err.Error()
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	sa, _ := sockaddr(client)
	err := unix.Bind(fd, sa)
	if err == unix.EADDRINUSE { // the client's own socket, on this machine
		sa, _ = sockaddr(netip.AddrPortFrom(client.Addr(), 0))
		err = unix.Bind(fd, sa)
	}
	if err != nil {
		return "bind: " + err.Error()
	}
	return ""
}

// control is bind for a dialer.
func (s *sources) control(log *slog.Logger, client netip.AddrPort, t *target) func(string, string, syscall.RawConn) error {
	if !t.to.IsValid() {
		return nil
	}
	return func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { s.bind(log, int(fd), client, t.to.Addr()) })
	}
}

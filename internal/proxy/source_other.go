//go:build !linux

package proxy

import (
	"net/netip"
	"syscall"
)

// sources would give connections the client's address; only Linux can.
type sources struct{}

func (*sources) control(netip.AddrPort, *target) func(string, string, syscall.RawConn) error {
	return nil
}

//go:build !linux

package proxy

import (
	"errors"
	"net/netip"
)

// loops are for Linux; elsewhere goroutines serve connections, and UDP listeners
// are refused.
type loops struct{}

func (*loops) accept(*socket) bool             { return false }
func (*loops) ignore(*socket)                  {}
func (*loops) cut(*target)                     {}
func (*loops) forget(*target)                  {}
func (*loops) stop()                           {}
func (*loops) flows() []udpMemo                { return nil }
func (*loops) release(s *packetSocket, _ bool) { s.closed() }

func (*loops) receive(*packetSocket, map[netip.AddrPort]udpMemo) error {
	return errors.New("UDP listeners need Linux")
}

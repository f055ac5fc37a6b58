package proxy

import (
	"encoding/binary"
	"net/netip"
)

// proxySignature begins every PROXY protocol v2 header.
const proxySignature = "\r\n\r\n\x00\r\nQUIT\n"

// Bytes of the header behind the signature: version 2 with the command, and the
// address family with the transport.
const (
	proxyLocal   = 0x20
	proxyProxy   = 0x21
	proxyStream4 = 0x11
	proxyDgram4  = 0x12
	proxyStream6 = 0x21
	proxyDgram6  = 0x22
)

// proxyHeader is the PROXY protocol v2 header of a flow from a client to the
// address that it connected to: 28 bytes, 52 with IPv6.
func proxyHeader(client, local netip.AddrPort, udp bool) []byte {
	from, to := client.Addr().Unmap(), local.Addr().Unmap()
	h := append([]byte(proxySignature), proxyProxy)
	if from.Is4() && to.Is4() {
		family := byte(proxyStream4)
		if udp {
			family = proxyDgram4
		}
		h = append(h, family, 0, 12)
		a, b := from.As4(), to.As4()
		h = append(append(h, a[:]...), b[:]...)
	} else {
		family := byte(proxyStream6)
		if udp {
			family = proxyDgram6
		}
		h = append(h, family, 0, 36)
		a, b := from.As16(), to.As16()
		h = append(append(h, a[:]...), b[:]...)
	}
	h = binary.BigEndian.AppendUint16(h, client.Port())
	return binary.BigEndian.AppendUint16(h, local.Port())
}

// proxyLocalHeader goes before a health check: the connection is the load
// balancer's own.
func proxyLocalHeader() []byte {
	return append([]byte(proxySignature), proxyLocal, 0, 0, 0)
}

package proxy

import (
	"net/netip"
	"strings"
)

// maxForwarded is the number of X-Forwarded-For addresses above which a request
// is answered with 463.
const maxForwarded = 30

// Modes of routing.http.xff_header_processing.
const (
	xffAppend   = "append" // the default
	xffPreserve = "preserve"
	xffRemove   = "remove"
)

// countForwarded counts the addresses in all X-Forwarded-For fields.
func countForwarded(fields []field) int {
	n := 0
	for i := range fields {
		if f := &fields[i]; f.id == headerForwardedFor && f.value != "" {
			n += 1 + strings.Count(f.value, ",")
		}
	}
	return n
}

// forwardedPeer is how the peer stands in X-Forwarded-For.
func forwardedPeer(peer netip.AddrPort, withPort bool) string {
	addr := netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())
	if withPort {
		return addr.String() // [v6]:port
	}
	return addr.Addr().String()
}

// hostForTarget applies the Host rules of a listener without
// preserve_host_header: on 80 and 443 a port is removed, elsewhere the
// listener's is appended when there is none.
func hostForTarget(host, listenerPort string) (name, port string) {
	bare, has := cutPort(host)
	if listenerPort == "80" || listenerPort == "443" {
		return bare, ""
	}
	if has {
		return host, ""
	}
	return host, listenerPort
}

// cutPort removes ":port" and tells whether there was one.
func cutPort(host string) (string, bool) {
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || strings.IndexByte(host[colon:], ']') >= 0 {
		return host, false
	}
	if strings.IndexByte(host, ':') != colon && !strings.HasPrefix(host, "[") {
		return host, false // a bare IPv6 address
	}
	return host[:colon], true
}

package route

import "time"

// Protocols of listeners. HTTP2 and GRPC are HTTP/2 without TLS, by prior
// knowledge: only Service Connect listens with them.
const (
	ProtocolHTTP   = "HTTP"
	ProtocolHTTPS  = "HTTPS"
	ProtocolHTTP2  = "HTTP2"
	ProtocolGRPC   = "GRPC"
	ProtocolTCP    = "TCP"
	ProtocolUDP    = "UDP"
	ProtocolTCPUDP = "TCP_UDP"
	ProtocolTLS    = "TLS" // ends TLS, forwards what is inside as TCP or TLS
)

// Layer4 tells whether connections or flows of a protocol are forwarded without
// being understood. Such a listener has one rule, the default one, and its action
// forwards.
func Layer4(protocol string) bool {
	switch protocol {
	case ProtocolTCP, ProtocolUDP, ProtocolTCPUDP, ProtocolTLS:
		return true
	}
	return false
}

// Flows are the settings of a group whose connections and flows are forwarded
// without being understood.
type Flows struct {
	// ProxyProtocol puts a PROXY protocol v2 header before the first byte
	// (proxy_protocol_v2.enabled).
	ProxyProtocol bool `json:"proxyProtocol,omitempty"`
	// PreserveClientIP lets targets see the client's address (preserve_client_ip.enabled).
	PreserveClientIP bool `json:"preserveClientIP,omitempty"`
	// CutDrained ends the connections of a target when its drain ends
	// (deregistration_delay.connection_termination.enabled); otherwise they live
	// until one side ends them.
	CutDrained bool `json:"cutDrained,omitempty"`
	// KeepUnhealthy leaves established connections of a target that becomes
	// unhealthy alone, for UnhealthyDrain
	// (target_health_state.unhealthy.connection_termination.enabled = false).
	KeepUnhealthy  bool          `json:"keepUnhealthy,omitempty"`
	UnhealthyDrain time.Duration `json:"unhealthyDrain,omitempty"`
	// Idle ends a TCP connection on which nothing moved for that long; 0 = 350 s.
	// UDP flows end after 120 s.
	Idle time.Duration `json:"idle,omitempty"`
}

// FlowTraffic is what a proxy counted for a network load balancer since its
// previous report, by protocol: TCP, TLS or UDP.
type FlowTraffic struct {
	New          uint64 `json:"new,omitempty"`
	Active       uint64 `json:"active,omitempty"` // now, not since anything
	Bytes        uint64 `json:"bytes,omitempty"`  // both directions
	Packets      uint64 `json:"packets,omitempty"`
	ClientResets uint64 `json:"clientResets,omitempty"`
	TargetResets uint64 `json:"targetResets,omitempty"`
	ELBResets    uint64 `json:"elbResets,omitempty"`
	Rejected     uint64 `json:"rejected,omitempty"`  // no target
	Unhealthy    uint64 `json:"unhealthy,omitempty"` // flows to unhealthy targets (fail open)
	ClientTLS    uint64 `json:"clientTLS,omitempty"` // handshakes of clients that failed
	TargetTLS    uint64 `json:"targetTLS,omitempty"` // handshakes with targets that failed
}

// Add adds the counts of u, which are for the same load balancer, group and
// protocol.
func (f *FlowTraffic) Add(u *FlowTraffic) {
	f.New += u.New
	f.Active = max(f.Active, u.Active)
	f.Bytes += u.Bytes
	f.Packets += u.Packets
	f.ClientResets += u.ClientResets
	f.TargetResets += u.TargetResets
	f.ELBResets += u.ELBResets
	f.Rejected += u.Rejected
	f.Unhealthy += u.Unhealthy
	f.ClientTLS += u.ClientTLS
	f.TargetTLS += u.TargetTLS
}

// addFlows adds counts to sums by protocol; neither map is changed.
func addFlows(sums, counts map[string]*FlowTraffic) map[string]*FlowTraffic {
	if len(counts) == 0 {
		return sums
	}
	all := make(map[string]*FlowTraffic, len(sums)+1)
	for _, part := range []map[string]*FlowTraffic{sums, counts} {
		for protocol, f := range part {
			if all[protocol] == nil {
				all[protocol] = new(FlowTraffic)
			}
			all[protocol].Add(f)
		}
	}
	return all
}

package route

import "time"

// Health of a target in Elastic Load Balancing's words.
type Health struct {
	Group       string `json:"group"` // ARN
	ID          string `json:"id"`
	Port        int    `json:"port"`
	State       string `json:"state"` // initial, healthy, unhealthy
	Reason      string `json:"reason,omitempty"`
	Description string `json:"description,omitempty"`
	// Registered is copied from the Target, so that a verdict over an earlier
	// registration of the same address is recognised as such.
	Registered time.Time `json:"registered"`
	At         time.Time `json:"at"`
	InFlight   int       `json:"inFlight"`
}

// Traffic is what one proxy counted since its previous report, for one load
// balancer and target group. Group is empty for what no group answered.
type Traffic struct {
	LB    string `json:"lb"`    // "app/name/id"
	Group string `json:"group"` // ARN
	// Endpoint is the ARN of a listener of Service Connect, and Client that of the
	// Bind that requests came by; LB is empty then.
	Endpoint                                               string `json:"endpoint,omitempty"`
	Client                                                 string `json:"client,omitempty"`
	Requests                                               uint64 `json:"requests"`
	Target2xx, Target3xx, Target4xx, Target5xx             uint64
	ELB3xx, ELB4xx, ELB5xx, ELB500, ELB502, ELB503, ELB504 uint64
	ConnectErrors                                          uint64 `json:"connectErrors"`
	Retries                                                uint64 `json:"retries,omitempty"` // attempts after the first
	Bytes                                                  uint64 `json:"bytes"`
	NewConns                                               uint64 `json:"newConns"`
	// ActiveConns is how many connections of clients there are, and not a count
	// since anything.
	ActiveConns uint64 `json:"activeConns,omitempty"`
	// Rules counts the rules that requests were compared with, default rules not
	// counted. Fixed and Redirects count the answers of such actions.
	Rules     uint64 `json:"rules,omitempty"`
	Fixed     uint64 `json:"fixed,omitempty"`
	Redirects uint64 `json:"redirects,omitempty"`
	TLSErrors uint64 `json:"tlsErrors,omitempty"` // handshakes of clients that failed
	// Latency is a histogram of target response times; bucket i counts those
	// below 100 µs × 2^(i/2).
	Latency    [48]uint32    `json:"latency"`
	LatencySum time.Duration `json:"latencySum"`
	// Flows by protocol, of network load balancers.
	Flows map[string]*FlowTraffic `json:"flows,omitempty"`
}

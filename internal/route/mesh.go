package route

import "time"

// Bind is one more address on which a listener accepts: inside the network
// namespace of a task. Service Connect listens there for what the task sends
// (127.255.x.y:port) and, with TLS or an ingress port, for what it receives.
type Bind struct {
	// NetNS is the path of the network namespace; "" = the machine's own.
	NetNS   string `json:"netns,omitempty"`
	Address string `json:"address"` // "ip:port"
	// Aside tells that programs in the namespace may listen on the port of Address on
	// all their addresses, which no socket on Address may hinder.
	Aside bool `json:"aside,omitempty"`
	// Task is the id of the task, for access logs and failures.
	Task string `json:"task,omitempty"`
	// Client is whom the task's requests are counted for (Traffic.Client), for
	// example its service; "" = nobody.
	Client string `json:"client,omitempty"`
	// Log names the file of access logs below proxy/connect/ in the data directory;
	// "" = none.
	Log string `json:"log,omitempty"`
}

// Connect are the settings of a listener that is an endpoint of Service Connect.
type Connect struct {
	LogFormat string `json:"logFormat,omitempty"` // TEXT or JSON; "" = no access log
	LogQuery  bool   `json:"logQuery,omitempty"`  // access logs have query parameters
	// RequestTimeout bounds a request until its answer has come whole; 0 = none.
	RequestTimeout time.Duration `json:"requestTimeout,omitempty"`
}

// Resilience is how Service Connect treats the targets of a group.
type Resilience struct {
	// Retries is on how many other targets a request is tried again that no target
	// began to answer, and that can be sent again without being done twice.
	Retries int `json:"retries"`
	// Failures connection errors or 5xx answers within Interval eject a target
	// for Eject, which grows with each ejection up to MaxEject.
	Failures int           `json:"failures"`
	Interval time.Duration `json:"interval"`
	Eject    time.Duration `json:"eject"`
	MaxEject time.Duration `json:"maxEject"`
}

// Verify is what the certificate of a target must prove (Group.Protocol HTTPS or
// TLS); without it certificates of targets are not looked at, as in Elastic Load
// Balancing.
type Verify struct {
	Roots []byte `json:"roots"` // certificates of authorities, PEM
	Name  string `json:"name"`  // DNS name in the target's certificate, also sent as SNI
}

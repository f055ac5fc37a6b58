package route

import "time"

// Table is everything a proxy needs to serve: a complete snapshot.
type Table struct {
	// Epoch is the server's lease epoch; a proxy refuses a lower one.
	Epoch uint64 `json:"epoch"`
	// Version grows by one with every change within an epoch.
	Version   uint64                 `json:"version"`
	Listeners []Listener             `json:"listeners"`
	Groups    map[string]*Group      `json:"groups"` // by target group ARN
	Certs     map[string]Certificate `json:"certs"`  // by certificate ARN
	Ports     []HostPort             `json:"ports"`  // published ports of bridge-mode tasks
	Names     map[string][]string    `json:"names"`  // DNS names (lower case, no trailing dot) → addresses, for tasks' resolver
	DNS       []string               `json:"dns"`    // addresses (host:port) on which the tasks' resolver listens
	Zones     []Zone                 `json:"zones,omitempty"`
	Records   map[string]*Records    `json:"records,omitempty"` // by name, like Names; below Zones
	// Report is how often a proxy reports its traffic; 0 = every second.
	Report time.Duration `json:"report,omitempty"`
}

// Listener is one load balancer listener, bound to the load balancer's address, or
// an endpoint of Service Connect, bound inside the tasks that may call it.
type Listener struct {
	ARN        string       `json:"arn"`
	LB         string       `json:"lb"` // "app/name/id": the CloudWatch dimension
	LBARN      string       `json:"lbArn"`
	Address    string       `json:"address"` // "ip:port" to bind; "" = only Binds
	Binds      []Bind       `json:"binds,omitempty"`
	Protocol   string       `json:"protocol"` // see Protocol…
	Certs      []string     `json:"certs"`    // ARNs, the first is the default; empty with HTTPS = a self-signed one
	SSLPolicy  string       `json:"sslPolicy"`
	Rules      []Rule       `json:"rules"` // ascending priority, the default rule last
	Attributes LBAttributes `json:"attributes"`
	// ResponseHeaders are set on every answer (listener attributes routing.http.response.*); an empty value removes.
	ResponseHeaders map[string]string `json:"responseHeaders,omitempty"`
	// RenameHeaders renames x-amzn-mtls/tls request headers (listener attributes routing.http.request.*).
	RenameHeaders map[string]string `json:"renameHeaders,omitempty"`
	ServerHeader  bool              `json:"serverHeader"` // routing.http.response.server.enabled
	Connect       *Connect          `json:"connect,omitempty"`
	ALPN          string            `json:"alpn,omitempty"` // ALPN policy of a TLS listener
}

// LBAttributes are the load balancer attributes that the data plane obeys.
type LBAttributes struct {
	IdleTimeout        time.Duration `json:"idleTimeout"`        // idle_timeout.timeout_seconds
	ClientKeepAlive    time.Duration `json:"clientKeepAlive"`    // client_keep_alive.seconds
	DropInvalidHeaders bool          `json:"dropInvalidHeaders"` // routing.http.drop_invalid_header_fields.enabled
	PreserveHost       bool          `json:"preserveHost"`       // routing.http.preserve_host_header.enabled
	TLSHeaders         bool          `json:"tlsHeaders"`         // routing.http.x_amzn_tls_version_and_cipher_suite.enabled
	XFFClientPort      bool          `json:"xffClientPort"`      // routing.http.xff_client_port.enabled
	XFFMode            string        `json:"xffMode"`            // append, preserve or remove
	HTTP2              bool          `json:"http2"`              // routing.http2.enabled
	DesyncMode         string        `json:"desyncMode"`         // defensive, monitor or strictest
	AccessLog          bool          `json:"accessLog"`          // access_logs.s3.enabled
	AccessLogPrefix    string        `json:"accessLogPrefix"`    // "bucket[/prefix]": a folder below the data directory
}

// Rule is one listener rule.
type Rule struct {
	ARN        string      `json:"arn"`
	Priority   int         `json:"priority"` // 1…50000; 0 = the default rule
	Conditions []Condition `json:"conditions"`
	Action     Action      `json:"action"`
	Transforms []Transform `json:"transforms,omitempty"`
}

// Condition is one condition of a rule; any of its values suffices.
type Condition struct {
	Field  string     `json:"field"` // host-header, path-pattern, http-header, http-request-method, query-string, source-ip
	Header string     `json:"header,omitempty"`
	Values []string   `json:"values,omitempty"`
	Regex  []string   `json:"regex,omitempty"`
	Query  []KeyValue `json:"query,omitempty"`
}

// KeyValue is one query-string condition; an empty key matches any key.
type KeyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Transform rewrites host or URL after the rule was chosen.
type Transform struct {
	Type    string `json:"type"` // host-header-rewrite or url-rewrite
	Regex   string `json:"regex"`
	Replace string `json:"replace"`
}

// Action is what a rule does; exactly one member is set.
type Action struct {
	Forward  *Forward  `json:"forward,omitempty"`
	Redirect *Redirect `json:"redirect,omitempty"`
	Fixed    *Fixed    `json:"fixed,omitempty"`
}

// Forward spreads requests over target groups by weight.
type Forward struct {
	Groups         []Weighted    `json:"groups"`
	Sticky         bool          `json:"sticky"` // TargetGroupStickinessConfig
	StickyDuration time.Duration `json:"stickyDuration"`
	// Joint groups are one whose targets are called in different ways, as with TLS and
	// without: what no target of its group takes goes to one of another group.
	Joint bool `json:"joint,omitempty"`
}

// Weighted is a target group and its weight, 0…999. Shares are weight ÷ sum; 0 gets no new request.
type Weighted struct {
	Group  string `json:"group"`
	Weight int    `json:"weight"`
}

// Redirect answers 301 or 302. Members may hold #{protocol} #{host} #{port} #{path} #{query}.
type Redirect struct {
	Protocol, Host, Port, Path, Query string
	Status                            int
}

// Fixed answers a fixed response.
type Fixed struct {
	Status      int    `json:"status"`
	ContentType string `json:"contentType"`
	Body        string `json:"body"`
}

// Group is a target group.
type Group struct {
	ARN             string        `json:"arn"`
	Dimension       string        `json:"dimension"` // "targetgroup/name/id"
	Protocol        string        `json:"protocol"`  // HTTP or HTTPS to the targets; TCP, TLS, UDP, TCP_UDP behind Layer4
	Version         string        `json:"version"`   // HTTP1, HTTP2 or GRPC
	InUse           bool          `json:"inUse"`     // referenced by a listener or rule: only then is it probed
	Check           Check         `json:"check"`
	Targets         []Target      `json:"targets"`
	Algorithm       string        `json:"algorithm"` // round_robin, least_outstanding_requests, weighted_random
	SlowStart       time.Duration `json:"slowStart"`
	Stickiness      string        `json:"stickiness"` // "", lb_cookie, app_cookie or source_ip
	StickyDuration  time.Duration `json:"stickyDuration"`
	AppCookie       string        `json:"appCookie"`
	MinHealthyCount int           `json:"minHealthyCount"` // unhealthy_state_routing.minimum_healthy_targets.count, 1
	MinHealthyPct   int           `json:"minHealthyPct"`   // …percentage; 0 = off
	DrainTimeout    time.Duration `json:"drainTimeout"`    // deregistration_delay.timeout_seconds
	Flows           *Flows        `json:"flows,omitempty"`
	Resilience      *Resilience   `json:"resilience,omitempty"`
	Verify          *Verify       `json:"verify,omitempty"`
}

// Check is a target group's health check.
type Check struct {
	Enabled            bool          `json:"enabled"`
	Protocol           string        `json:"protocol"` // HTTP, HTTPS, TCP
	Port               string        `json:"port"`     // traffic-port or a number
	Path               string        `json:"path"`
	Interval           time.Duration `json:"interval"`
	Timeout            time.Duration `json:"timeout"`
	Healthy, Unhealthy int
	Matcher            string `json:"matcher"` // HttpCode or GrpcCode: "200,202" or "200-299"
	GRPC               bool   `json:"grpc"`
}

// Target is one registered target.
type Target struct {
	ID      string `json:"id"`      // as registered: address or instance id
	Port    int    `json:"port"`    // as registered
	Address string `json:"address"` // "ip:port" to connect to
	// Draining targets get no new request; those in flight may end until DrainUntil.
	Draining   bool      `json:"draining"`
	DrainUntil time.Time `json:"drainUntil"`
	Registered time.Time `json:"registered"` // a new registration of the same target is a new target
}

// HostPort publishes a task's port on the machine.
type HostPort struct {
	Listen   string `json:"listen"` // "ip:port"
	Target   string `json:"target"` // "ip:port"
	Protocol string `json:"protocol"`
}

// Certificate is a TLS certificate with its key, both PEM.
type Certificate struct {
	Chain []byte `json:"chain"`
	Key   []byte `json:"key"`
}

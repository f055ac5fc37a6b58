package web

// BalancerItem is `lb/NAME` of the view balancers, and `lb` of the view
// balancer/NAME.
type BalancerItem struct {
	Name     string `json:"name"`
	ARN      string `json:"arn"`
	Type     string `json:"type"` // application or network
	Scheme   string `json:"scheme"`
	Address  string `json:"address"`            // where its listeners are
	DNSName  string `json:"dnsName"`            // its name inside tasks
	Impaired string `json:"impaired,omitempty"` // why it cannot serve on all listeners, in words
	Created  Time   `json:"createdAt,omitzero"`
	// Listeners are "HTTP:80", in order of port.
	Listeners []string `json:"listeners"`
	Rules     int      `json:"rules"` // default rules included
	Groups    int      `json:"groups"`
	// Targets by state: initial, healthy, unhealthy, draining, unused.
	Targets map[string]int `json:"targets"`
}

// BalancerRate is `rate/NAME` of the view balancers, `rate` and `rate/GROUP` of the
// view balancer/NAME (GROUP is an ARN): what was measured in the last seconds.
type BalancerRate struct {
	Requests  float64  `json:"requests"` // a second; new connections behind a network load balancer
	Errors4xx float64  `json:"errors4xx"`
	Errors5xx float64  `json:"errors5xx"` // with the load balancer's own and connection errors
	P50       *float64 `json:"p50"`       // milliseconds; null = nothing was answered
	P99       *float64 `json:"p99"`
	Total     uint64   `json:"total"` // requests since the server started
}

// ListenerItem is `listener/ARN` of the view balancer/NAME.
type ListenerItem struct {
	ARN         string `json:"arn"`
	Port        int    `json:"port"`
	Protocol    string `json:"protocol"`
	Certificate string `json:"certificate,omitempty"` // ARN, or "self-signed"
	Policy      string `json:"sslPolicy,omitempty"`
	Rules       int    `json:"rules"`
}

// RuleItem is `rule/ARN` of the view balancer/NAME.
type RuleItem struct {
	ARN      string `json:"arn"`
	Listener string `json:"listener"` // ARN
	Default  bool   `json:"default"`
	Priority int    `json:"priority"` // 1…50000; 0 for the default rule
	// Order is the rule's place in its listener, from 0.
	Order      int        `json:"order"`
	Conditions []string   `json:"conditions"` // in words; all must hold
	Action     ActionItem `json:"action"`
	Transforms []string   `json:"transforms,omitempty"` // in words
	Governed   bool       `json:"governed"`             // deployments set its weights
	Owner      string     `json:"owner,omitempty"`
}

// ActionItem is what a rule does.
type ActionItem struct {
	Type   string       `json:"type"` // forward, redirect, fixed-response
	Words  string       `json:"words"`
	Groups []WeightItem `json:"groups,omitempty"`
	Sticky float64      `json:"sticky,omitempty"` // seconds for which a client keeps its group
}

// WeightItem is a target group in a forward action.
type WeightItem struct {
	Group  string  `json:"group"` // ARN
	Name   string  `json:"name"`
	Weight int     `json:"weight"` // 0…999, as configured
	Share  float64 `json:"share"`  // per cent
}

// GroupItem is `group/ARN` of the view balancer/NAME.
type GroupItem struct {
	ARN      string         `json:"arn"`
	Name     string         `json:"name"`
	Protocol string         `json:"protocol"`
	Version  string         `json:"version,omitempty"` // HTTP1, HTTP2 or GRPC
	Port     int            `json:"port"`
	Type     string         `json:"type"`  // instance, ip or alb
	Check    string         `json:"check"` // its health check in words
	Targets  map[string]int `json:"targets"`
	Service  string         `json:"service,omitempty"` // CLUSTER/NAME of the service whose tasks it holds
}

// TargetItem is `target/GROUP/ID:PORT` of the view balancer/NAME (GROUP is an ARN).
type TargetItem struct {
	Group      string `json:"group"`
	ID         string `json:"id"`
	Port       int    `json:"port"`
	State      string `json:"state"`
	Reason     string `json:"reason,omitempty"` // AWS's code: Target.Timeout
	Words      string `json:"words,omitempty"`  // why, for a person
	Since      Time   `json:"since,omitzero"`
	Until      Time   `json:"until,omitzero"` // end of draining
	Task       string `json:"task,omitempty"` // CLUSTER/ID
	Service    string `json:"service,omitempty"`
	Revision   string `json:"revision,omitempty"`
	Registered Time   `json:"registeredAt,omitzero"`
}

// MatchRequest is the body of POST /ui/api/match. Host and SourceIP may be "": the
// load balancer's own address, and the browser's. A query may stand in Path, too.
type MatchRequest struct {
	LB       string        `json:"lb"` // name or ARN
	Port     int           `json:"port"`
	Method   string        `json:"method"` // "" = GET
	Host     string        `json:"host"`
	Path     string        `json:"path"`
	Query    string        `json:"query"`
	Headers  []MatchHeader `json:"headers"`
	SourceIP string        `json:"sourceIp"`
}

// MatchHeader is a header of a MatchRequest.
type MatchHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MatchAnswer tells what happens to a request.
type MatchAnswer struct {
	Listener string     `json:"listener"` // ARN
	Rule     string     `json:"rule"`     // ARN of the rule that matches
	Priority string     `json:"priority"` // "10" or "default"
	Action   ActionItem `json:"action"`
	// Location is where a redirect leads, Rewritten what the target is asked for when
	// the rule transforms the request.
	Location  string `json:"location,omitempty"`
	Rewritten string `json:"rewritten,omitempty"`
	// Why has the rules in order up to the one that matches.
	Why []MatchStep `json:"why"`
}

// MatchStep is one rule that a request was compared with.
type MatchStep struct {
	Rule     string `json:"rule"`
	Priority string `json:"priority"`
	Matched  bool   `json:"matched"`
	// Wanted is the first condition that did not hold, or what all conditions of the
	// rule that matches are; Got is what the request had.
	Wanted string `json:"wanted"`
	Got    string `json:"got,omitempty"`
}

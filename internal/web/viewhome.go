package web

// Meta is the item `meta` of the view home.
type Meta struct {
	Account  string   `json:"account"`
	Region   string   `json:"region"`
	Regions  []string `json:"regions"`
	Version  string   `json:"version"`
	Minute   float64  `json:"minute"` // seconds
	Clusters int      `json:"clusters"`
	Services int      `json:"services"`
	Tasks    int      `json:"tasks"`     // that are not STOPPED
	Busy     int      `json:"deploying"` // services with a deployment in progress
	Proxy    bool     `json:"proxy"`     // the proxy is connected
}

// ClusterItem is `cluster/NAME` of the view home.
type ClusterItem struct {
	Name     string `json:"name"`
	ARN      string `json:"arn"`
	Status   string `json:"status"`
	Services int    `json:"services"`
	Running  int    `json:"running"` // tasks
	Pending  int    `json:"pending"`
}

// ServiceItem is `service/CLUSTER/NAME` of the view home and part of `service` of
// the view service.
type ServiceItem struct {
	Cluster        string  `json:"cluster"`
	Name           string  `json:"name"`
	ARN            string  `json:"arn"`
	Status         string  `json:"status"` // ACTIVE, DRAINING or INACTIVE
	Created        Time    `json:"createdAt,omitzero"`
	Strategy       string  `json:"strategy"` // ROLLING, BLUE_GREEN, CANARY or LINEAR
	Revision       string  `json:"revision"` // the primary one
	TaskDefinition string  `json:"taskDefinition"`
	Images         []Image `json:"images"`
	Desired        int     `json:"desired"`
	Running        int     `json:"running"`
	Pending        int     `json:"pending"`
	Healthy        int     `json:"healthy"`
	// Health is ok (all desired tasks are healthy), starting (tasks are on their
	// way), failing (an alarm, or fewer healthy tasks than desired and none on its
	// way), idle (nothing is desired) or gone (INACTIVE).
	Health string `json:"health"`
	// Why says in words what Health means now; "" when it is ok.
	Why    string  `json:"why,omitempty"`
	Shares []Share `json:"shares,omitempty"` // of production traffic, where it is weighed
	// Rate is measured over the last seconds; nil = the service has no measured
	// traffic.
	Rate *Rate `json:"rate,omitempty"`
	// Deployment is the one in progress, Last the newest one that ended.
	Deployment *DeploymentItem `json:"deployment,omitempty"`
	Last       *DeploymentItem `json:"last,omitempty"`
	Alarms     []string        `json:"alarms,omitempty"` // that are in ALARM, of its deployment configuration
	Approvals  int             `json:"approvals"`        // PAUSE hooks that wait for a person
}

// Image is a container's image.
type Image struct {
	Container string `json:"container"`
	Image     string `json:"image"`
	Digest    string `json:"digest,omitempty"`
}

// Share is a revision's share of traffic.
type Share struct {
	Revision string  `json:"revision"`
	Weight   float64 `json:"weight"` // per cent
}

// Rate is traffic as it is measured now.
type Rate struct {
	Requests float64 `json:"requests"`     // a second
	Errors   float64 `json:"errors"`       // answers of 5xx and connection errors, a second
	P50      float64 `json:"p50,omitzero"` // milliseconds
	P99      float64 `json:"p99,omitzero"`
}

// ApprovalItem is `approval/CLUSTER/SERVICE/DEPLOYMENT/HOOKID` of the view home: a
// hook that waits for a person.
type ApprovalItem struct {
	Kind           string  `json:"kind"` // PAUSE, or PARAMETER: a hook that reads an SSM parameter
	Cluster        string  `json:"cluster"`
	Service        string  `json:"service"`
	Deployment     string  `json:"deployment"`
	HookID         string  `json:"hookId"`
	Stage          string  `json:"stage"`
	Revision       string  `json:"revision"`
	TaskDefinition string  `json:"taskDefinition"`
	Images         []Image `json:"images"`
	Since          Time    `json:"since,omitzero"`
	Expires        Time    `json:"expiresAt,omitzero"`
	OnTimeout      string  `json:"onTimeout"`         // ROLLBACK or CONTINUE
	Details        any     `json:"details,omitempty"` // hookDetails
}

// AlarmItem is `alarm/NAME` of the views home and deployment.
type AlarmItem struct {
	Name       string   `json:"name"`
	ARN        string   `json:"arn"`
	State      string   `json:"state"` // OK, ALARM or INSUFFICIENT_DATA
	Reason     string   `json:"reason,omitempty"`
	Since      Time     `json:"since,omitzero"`
	Composite  bool     `json:"composite"`
	Metric     string   `json:"metric"` // "AWS/ApplicationELB HTTPCode_Target_5XX_Count", or the rule or expression
	Dimensions string   `json:"dimensions,omitempty"`
	Statistic  string   `json:"statistic,omitempty"`
	Period     float64  `json:"period,omitzero"`      // seconds, as stated
	Comparison string   `json:"comparison,omitempty"` // "≥", ">", "<" or "≤"
	Threshold  *float64 `json:"threshold,omitempty"`
	Value      *float64 `json:"value,omitempty"` // newest datapoint; absent = none
	// Values are the datapoints of the last periods, oldest first; null = none.
	Values []*float64 `json:"values,omitempty"`
}

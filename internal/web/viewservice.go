package web

// ServiceDetail is the item `service` of the view service/CLUSTER/NAME.
type ServiceDetail struct {
	ServiceItem
	DeploymentConfiguration any `json:"deploymentConfiguration"` // as DescribeServices shows it
	// CanRollBackTo are the revisions that the action "rollback" of the service
	// takes now, newest first.
	CanRollBackTo []string `json:"canRollBackTo"`
	LaunchType    string   `json:"launchType,omitempty"`
	Exposure      []string `json:"exposure"` // "target group x on load balancer y", "Service Connect orders:80", …
}

// DeploymentItem is `deployment/ID` of the view service/CLUSTER/NAME, and a part of
// other items.
type DeploymentItem struct {
	ID             string  `json:"id"`
	Status         string  `json:"status"`
	Reason         string  `json:"reason,omitempty"` // statusReason
	Strategy       string  `json:"strategy"`
	Stage          string  `json:"stage,omitempty"`
	Waiting        string  `json:"waiting,omitempty"` // in words, while it is in progress
	Revision       string  `json:"revision"`          // the target
	TaskDefinition string  `json:"taskDefinition"`
	From           string  `json:"from,omitempty"` // the revision that served before
	RolledBackTo   string  `json:"rolledBackTo,omitempty"`
	Cause          string  `json:"cause,omitempty"` // kind of failure: "alarm", "circuit breaker", …
	Created        Time    `json:"createdAt,omitzero"`
	Started        Time    `json:"startedAt,omitzero"`
	Finished       Time    `json:"finishedAt,omitzero"`
	Seconds        float64 `json:"seconds"` // from start to end; 0 until it ends: count from Started
	Share          float64 `json:"share"`   // of production traffic that the target gets, per cent
	// Requests and Errors are what the target answered while the deployment ran;
	// nil = not measured.
	Requests  *uint64        `json:"requests,omitempty"`
	Errors    *uint64        `json:"errors,omitempty"` // 5xx and connection errors
	Decisions []DecisionItem `json:"decisions,omitempty"`
}

// RevisionItem is `revision/N` of the view service/CLUSTER/NAME.
type RevisionItem struct {
	N              string  `json:"revision"`
	TaskDefinition string  `json:"taskDefinition"`
	Images         []Image `json:"images"`
	Created        Time    `json:"createdAt,omitzero"`
	Rollout        string  `json:"rollout"` // IN_PROGRESS, COMPLETED or FAILED
	Primary        bool    `json:"primary"`
	Live           bool    `json:"live"` // the last one whose deployment succeeded
	Running        int     `json:"running"`
	Healthy        int     `json:"healthy"`
	Rate           *Rate   `json:"rate,omitempty"`
}

// EventItem is `event/ID` of the view service/CLUSTER/NAME and `event/SEQ` of a
// deployment's: one line of a log.
type EventItem struct {
	At      Time   `json:"at,omitzero"`
	Message string `json:"message"`
	Kind    string `json:"kind"` // service, stage, weights, hook, alarm, decision or end
	Tone    string `json:"tone"` // info, good, warn or bad
}

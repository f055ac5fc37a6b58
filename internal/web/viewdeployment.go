package web

import "github.com/grue-ecs/grue/internal/revision"

// Head is the item `head` of the view deployment/CLUSTER/SERVICE/ID.
type Head struct {
	DeploymentItem
	ARN     string  `json:"arn"`
	Cluster string  `json:"cluster"`
	Service string  `json:"service"`
	Stages  []Stage `json:"stages"`
	// Until is when what is waited for ends by itself: a bake, a hook's time-out.
	Until Time `json:"until,omitzero"`
	// Actions are those that are allowed now: continue, rollback, stop, retry.
	Actions []string `json:"actions"`
	// Halted is the invariant that broke; then grue goes no further with it.
	Halted string `json:"halted,omitempty"`
	// Breaker is the circuit breaker: failures so far of how many.
	Breaker Breaker `json:"breaker"`
	Blue    string  `json:"blue,omitempty"` // revisions
	Green   string  `json:"green"`
	Minute  float64 `json:"minute"` // seconds
}

// Stage is one stage of a deployment's line. A stage that is entered again, as the
// shifts of a canary, is one entry for each time.
type Stage struct {
	Name    string  `json:"name"`  // lifecycle stage
	State   string  `json:"state"` // done, now, todo, skipped or failed
	Step    int     `json:"step"`  // of the traffic plan, from 0
	Undo    bool    `json:"undo"`  // on the way back
	Started Time    `json:"startedAt,omitzero"`
	Seconds float64 `json:"seconds"`         // that it took; 0 while it is now: count from Started
	Share   float64 `json:"share,omitempty"` // of production that green has after it, per cent
}

// Breaker is the deployment circuit breaker.
type Breaker struct {
	Status    string `json:"status"` // DISABLED, MONITORING, MONITORING_COMPLETE or TRIGGERED
	Failures  int    `json:"failures"`
	Threshold int    `json:"threshold"`
}

// Side is the item `blue` or `green`: one of the two revisions.
type Side struct {
	Revision       string  `json:"revision"`
	TaskDefinition string  `json:"taskDefinition"`
	Images         []Image `json:"images"`
	Production     float64 `json:"production"` // weight, per cent
	Test           float64 `json:"test"`
	Weighed        bool    `json:"weighed"` // there are weights at all: not in a rolling deployment
	HasTest        bool    `json:"hasTest"` // there is test traffic at all
	Desired        int     `json:"desired"`
	Running        int     `json:"running"`
	Pending        int     `json:"pending"`
	Healthy        int     `json:"healthy"`
	Stopping       int     `json:"stopping"`
	Rate           *Rate   `json:"rate,omitempty"`
}

// Differences is the item `diff`, and the answer of /ui/api/compare. Before or After
// of a difference is null where the member is absent.
type Differences struct {
	Differences []revision.Difference `json:"differences"`
}

// TaskItem is `task/ID` of the views deployment and tasks/CLUSTER, and `task` of
// the view task/CLUSTER/ID.
type TaskItem struct {
	ID             string          `json:"id"`
	ARN            string          `json:"arn"`
	Cluster        string          `json:"cluster"`
	Service        string          `json:"service,omitempty"`
	Revision       string          `json:"revision,omitempty"`
	Side           string          `json:"side,omitempty"` // blue, green or "": in the view deployment
	TaskDefinition string          `json:"taskDefinition"`
	Group          string          `json:"group"`
	StartedBy      string          `json:"startedBy,omitempty"`
	LastStatus     string          `json:"lastStatus"`
	DesiredStatus  string          `json:"desiredStatus"`
	Health         string          `json:"health"`        // HEALTHY, UNHEALTHY or UNKNOWN, of containers
	Healthy        bool            `json:"healthy"`       // passed every gate of its service
	Why            string          `json:"why,omitempty"` // what keeps it from being healthy, or why it stopped, in words
	Created        Time            `json:"createdAt,omitzero"`
	Started        Time            `json:"startedAt,omitzero"`
	Stopped        Time            `json:"stoppedAt,omitzero"`
	StopCode       string          `json:"stopCode,omitempty"`
	StoppedReason  string          `json:"stoppedReason,omitempty"`
	IP             string          `json:"ip,omitempty"`
	CPU            string          `json:"cpu,omitempty"`    // units
	Memory         string          `json:"memory,omitempty"` // MiB
	Containers     []ContainerItem `json:"containers"`
}

// ContainerItem is a container in a TaskItem, and `container/NAME` of the view
// task/CLUSTER/ID.
type ContainerItem struct {
	Name      string `json:"name"`
	Image     string `json:"image"`
	Digest    string `json:"digest,omitempty"`
	Status    string `json:"status"`
	Health    string `json:"health,omitempty"`
	ExitCode  *int   `json:"exitCode,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Restarts  int    `json:"restarts"`
	LogGroup  string `json:"logGroup,omitempty"`
	LogStream string `json:"logStream,omitempty"`
}

// HookItem is `hook/EXECUTION`: one execution of a lifecycle hook.
type HookItem struct {
	Execution string `json:"executionId"`
	OnTimeout string `json:"onTimeout,omitempty"` // ROLLBACK or CONTINUE
	By        string `json:"by,omitempty"`        // who decided a pause
	Reason    string `json:"reason,omitempty"`
	ID        string `json:"id"`
	Type      string `json:"type"`             // AWS_LAMBDA or PAUSE
	Target    string `json:"target,omitempty"` // ARN of the function
	Stage     string `json:"stage"`
	Step      int    `json:"step"`
	Status    string `json:"status"` // AWAITING_ACTION, IN_PROGRESS, SUCCEEDED, FAILED, TIMED_OUT or ABANDONED
	Calls     int    `json:"calls"`
	Undo      bool   `json:"undo"`
	Started   Time   `json:"startedAt,omitzero"`
	Ended     Time   `json:"endedAt,omitzero"`
	Next      Time   `json:"nextCallAt,omitzero"` // it answered IN_PROGRESS and is asked again then
	Expires   Time   `json:"expiresAt,omitzero"`
	Error     string `json:"error,omitempty"`
	Details   any    `json:"details,omitempty"`
}

// TrafficItem is `traffic/blue`, `traffic/green`, or `traffic/mixed` for what nobody can
// tell apart because a target group holds tasks of both: what a revision answered, as
// measured, in steps of Step seconds. All arrays have the same length, oldest
// first; the last step begins at From + (length-1) × Step. A step in which nothing
// was answered has null latencies.
type TrafficItem struct {
	Revision  string     `json:"revision"`
	From      Time       `json:"from"`
	Step      float64    `json:"step"`     // seconds
	Requests  []float64  `json:"requests"` // a second
	Errors4xx []float64  `json:"errors4xx"`
	Errors5xx []float64  `json:"errors5xx"` // with connection errors
	P50       []*float64 `json:"p50"`       // milliseconds
	P99       []*float64 `json:"p99"`
	// Total counts since the deployment began.
	Total TrafficTotal `json:"total"`
}

// TrafficTotal counts what a revision answered since the deployment began.
type TrafficTotal struct {
	Requests  uint64 `json:"requests"`
	Errors4xx uint64 `json:"errors4xx"`
	Errors5xx uint64 `json:"errors5xx"`
}

// Weights is the item `weights`: every change of weights, oldest first.
type Weights struct {
	Shifts []Shift `json:"shifts"`
}

// Shift is one change of weights, in per cent.
type Shift struct {
	At    Time    `json:"at"`
	Acked Time    `json:"ackedAt,omitzero"` // every proxy serves it since
	Blue  float64 `json:"blue"`
	Green float64 `json:"green"`
	Test  float64 `json:"test"` // green's share of test traffic
}

// DecisionItem is `decision/N`: what a person decided.
type DecisionItem struct {
	Action string `json:"action"` // start, continue, rollback, stop, retry, revision or supersede
	At     Time   `json:"at,omitzero"`
	By     string `json:"by"` // ARN
	Reason string `json:"reason,omitempty"`
	From   string `json:"from,omitempty"` // dashboard, cli, api, link …
	HookID string `json:"hookId,omitempty"`
	Stage  string `json:"stage,omitempty"` // in which the deployment was
	Other  string `json:"other,omitempty"` // the deployment that it gave way to (supersede)
}

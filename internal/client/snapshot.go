package client

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Snapshot is a service as it was seen at one moment. Its JSON is what --json
// prints.
type Snapshot struct {
	At             time.Time   `json:"at"`
	Cluster        string      `json:"cluster"` // name
	Service        string      `json:"service"` // name
	ARN            string      `json:"serviceArn"`
	Status         string      `json:"status"` // ACTIVE, DRAINING or INACTIVE
	Strategy       string      `json:"strategy"`
	TaskDefinition string      `json:"taskDefinition"` // of the newest deployment, family:revision
	Desired        int32       `json:"desired"`
	Running        int32       `json:"running"`
	Pending        int32       `json:"pending"`
	Steady         bool        `json:"steady"`               // nothing changes: one deployment, all its tasks run
	Deployment     *Deployment `json:"deployment,omitempty"` // the newest, or the one that was asked for; nil before the first
	Events         []Event     `json:"events"`               // of the service, newest first, at most 100
	Problem        string      `json:"problem,omitempty"`    // why a part of the picture is missing

	Raw *types.Service `json:"-"` // DescribeServices' answer
}

// Deployment is a service deployment.
type Deployment struct {
	ARN      string     `json:"arn"` // "" where ECS keeps no service deployments
	ID       string     `json:"id"`  // end of the ARN
	Status   string     `json:"status"`
	Reason   string     `json:"reason,omitempty"`
	Strategy string     `json:"strategy"`
	Stage    string     `json:"stage,omitempty"` // lifecycle stage; "" where there are none
	Outcome  Outcome    `json:"outcome"`
	Created  time.Time  `json:"createdAt"`
	Started  *time.Time `json:"startedAt,omitempty"`
	Finished *time.Time `json:"finishedAt,omitempty"`
	Rollback *Rollback  `json:"rollback,omitempty"`
	Old      []Revision `json:"old"` // those that are replaced; empty at the first deployment
	New      Revision   `json:"new"`
	Hooks    []Hook     `json:"hooks"` // those that are at work now
	Alarms   *Alarms    `json:"alarms,omitempty"`
	Breaker  *Breaker   `json:"circuitBreaker,omitempty"`

	Raw *types.ServiceDeployment `json:"-"`
}

// Revision is one side of a deployment.
type Revision struct {
	ARN            string    `json:"arn,omitempty"`
	Number         string    `json:"number"`         // N of service-revision/…/N and of ecs-svc/N
	TaskDefinition string    `json:"taskDefinition"` // family:revision; "" when it is not known any more
	Requested      int32     `json:"requested"`      // tasks
	Running        int32     `json:"running"`
	Pending        int32     `json:"pending"`
	Failed         int32     `json:"failed"`
	Weight         *float64  `json:"weight,omitempty"`     // per cent of production traffic; nil where none is shifted
	TestWeight     *float64  `json:"testWeight,omitempty"` // per cent of test traffic
	Images         []string  `json:"images,omitempty"`     // with digests, as far as they are resolved
	Traffic        []Traffic `json:"traffic,omitempty"`    // at the load balancers, as they are set now
}

// Traffic is what a rule (or listener) of a load balancer sends to a revision's
// target group at this moment, as ELB tells it.
type Traffic struct {
	Rule        string  `json:"rule"` // ARN of the rule or listener
	TargetGroup string  `json:"targetGroup"`
	Test        bool    `json:"test"`
	Weight      float64 `json:"weight"`  // per cent
	Healthy     int     `json:"healthy"` // targets
	Targets     int     `json:"targets"`
}

// Hook is a lifecycle hook at work.
type Hook struct {
	ID            string     `json:"id"`
	Type          string     `json:"type"` // PAUSE, AWS_LAMBDA, …
	Target        string     `json:"target,omitempty"`
	Status        string     `json:"status"`
	Expires       *time.Time `json:"expiresAt,omitempty"`
	TimeoutAction string     `json:"timeoutAction,omitempty"`
}

// Waits tells whether a person must answer.
func (h Hook) Waits() bool {
	return h.Status == string(types.DeploymentLifecycleHookStatusAwaitingAction)
}

// Alarms of a deployment.
type Alarms struct {
	Status    string   `json:"status"` // MONITORING, MONITORING_COMPLETE, TRIGGERED or DISABLED
	Names     []string `json:"names"`
	Triggered []string `json:"triggered"`
}

// Breaker is the circuit breaker of a deployment.
type Breaker struct {
	Status    string `json:"status"`
	Failures  int32  `json:"failures"`
	Threshold int32  `json:"threshold"`
}

// Rollback says why and to what a deployment went back.
type Rollback struct {
	Reason   string    `json:"reason"`
	Started  time.Time `json:"startedAt"`
	Revision string    `json:"serviceRevisionArn"`
}

// Event of a service.
type Event struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Message string    `json:"message"`
}

// Approval is the hook that waits for a person; nil when none does.
func (d *Deployment) Approval() *Hook {
	if d == nil {
		return nil
	}
	for i := range d.Hooks {
		if d.Hooks[i].Waits() {
			return &d.Hooks[i]
		}
	}
	return nil
}

// Over tells whether no deployment is under way.
func (s *Snapshot) Over() bool {
	return s.Deployment == nil || s.Deployment.Outcome.Final()
}

// sides are the revisions of a deployment, the new one last.
func (d *Deployment) sides() []*Revision {
	var all []*Revision
	for i := range d.Old {
		all = append(all, &d.Old[i])
	}
	return append(all, &d.New)
}

package state

import (
	"time"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/schedule"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Service is an ECS service.
type Service struct {
	arn.Scope
	Cluster, Name string
	Created       time.Time
	ClientToken   string
	// CreateDigest is a hash of the request that made the service; the same
	// request again is answered with the service. Set by the API.
	CreateDigest string
	// Status is ACTIVE, DRAINING (deleted, tasks still stopping; set by the API)
	// or INACTIVE (set by the engine when the last task is gone).
	Status  string
	Desired int
	Daemon  bool
	// Body holds the members of the service that are echoed as they are:
	// deploymentConfiguration with defaults, deploymentController, placement,
	// networkConfiguration, loadBalancers, launchType …, tags. Status, counts,
	// deployments, events, taskDefinition and currentService* in it are unused.
	Body wire.Stored[ecs.Service]

	// Primary is the revision shown as PRIMARY. The API sets it with a new
	// revision; the engine sets it back in a rollback.
	Primary string
	// Live is the last revision whose deployment succeeded: the rollback
	// candidate. "" until the first success. Set by the engine.
	Live string
	// Deployment is the id of the service deployment in progress, "" = none. The
	// API sets it with a new one, the engine clears it at the end.
	Deployment string
	// Listed are the revisions in `deployments[]`, newest first: the primary, and
	// those that still have tasks or a deployment to show. API: prepend; engine: remove.
	Listed []string
	// Goals are how many tasks each revision shall have, while no deployment runs
	// and as the deployment last said. Set by the engine.
	Goals []deploy.Goal

	// Engine only.
	Throttle    schedule.Throttle
	HoldRev     string    // revision whose tasks exit soon after they start:
	HoldUntil   time.Time // none of it is launched before
	Running     []string  // deployments not yet terminal, oldest first
	Last        string    // newest deployment, ended or not
	Steady      bool
	SteadyAt    time.Time
	LastBlocked string         // last "was unable to …" event, told once per change
	Events      []ServiceEvent // newest first, at most 100
	Deleted     time.Time      // INACTIVE since
}

// ServiceEvent is one entry of DescribeServices.events.
type ServiceEvent struct {
	ID      string
	Created time.Time
	Message string
}

// Key in Services.
func (s *Service) Key() string { return s.Scope.Key(s.Cluster, s.Name) }

// ARN of the service.
func (s *Service) ARN() string { return s.Scope.Service(s.Cluster, s.Name) }

// Revision is a service revision, and the deployment "ecs-svc/N" of the same number.
type Revision struct {
	arn.Scope
	Cluster, Service string
	N                string
	Created          time.Time
	// Body is the revision as DescribeServiceRevisions shows it. The engine adds
	// containerImages digests when they are resolved; all else is immutable.
	Body wire.Stored[ecs.ServiceRevision]
	// Connect is set for a revision with Service Connect.
	Connect *Connect `json:",omitempty"`

	// What `deployments[]` shows; set by the engine at each step.
	Desired       int
	Failed        int
	Rollout       string // IN_PROGRESS, COMPLETED or FAILED
	RolloutReason string
	Updated       time.Time
}

// Key in Revisions.
func (r *Revision) Key() string { return RevisionKey(r.Scope, r.Cluster, r.Service, r.N) }

// RevisionKey is the key of revision n of a service.
func RevisionKey(s arn.Scope, cluster, service, n string) string {
	return s.Key(cluster, service, n)
}

// ARN of the revision.
func (r *Revision) ARN() string { return r.Scope.Revision(r.Cluster, r.Service, r.N) }

// Deployment is a service deployment.
type Deployment struct {
	arn.Scope
	Cluster, Service string
	ID               string
	Created          time.Time
	// Config is the snapshot of the service's deploymentConfiguration.
	Config wire.Stored[ecs.DeploymentConfiguration]
	// Machine is the state of the deployment. The API creates it with status
	// PENDING; afterwards only the engine changes it.
	Machine deploy.Deployment
	// Requests for the engine, written by the API and never cleared.
	StopRequested string // "", ROLLBACK or ABORT
	StopAt        time.Time
	Answers       []HookAnswer
	// Decisions are what people decided about the deployment, oldest first.
	Decisions []Decision `json:",omitempty"`
	// FinalCounts are the tasks of each revision when the deployment ended.
	FinalCounts []RevisionCounts
	// Halted tells which invariant broke; the engine then goes no further with it.
	Halted string
}

// HookAnswer is a person's decision about a PAUSE hook.
type HookAnswer struct {
	HookID string
	Action string // CONTINUE or ROLLBACK
	At     time.Time
	By     string // ARN of the caller
}

// RevisionCounts are the tasks of one revision.
type RevisionCounts struct {
	N                           string
	Requested, Running, Pending int
}

// Key in Deployments.
func (d *Deployment) Key() string { return d.Scope.Key(d.Cluster, d.Service, d.ID) }

// ARN of the service deployment.
func (d *Deployment) ARN() string {
	return d.Scope.ServiceDeployment(d.Cluster, d.Service, d.ID)
}

// Services by account/region/cluster/name; Revisions and Deployments by
// account/region/cluster/service/number or id.
var (
	Services    = store.NewTable[Service]("ecs.service")
	Revisions   = store.NewTable[Revision]("ecs.revision")
	Deployments = store.NewTable[Deployment]("ecs.deployment")
)

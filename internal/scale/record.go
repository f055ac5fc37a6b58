package scale

import (
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Target is a scalable target: the desired count of one ECS service.
type Target struct {
	arn.Scope
	Resource  string // service/cluster/name
	ID        string
	Role      string // recorded
	Min, Max  int
	Suspended Suspended
	Tags      map[string]string
	Created   time.Time
	// Enforce tells that the capacity is still to be brought inside Min and Max.
	Enforce bool
	// Open is the key of the activity in progress, "" = none.
	Open string
	// LastIn is the last scale-in; zero when a scale-out has come after it.
	LastIn time.Time
}

// Suspended tells which kinds of scaling a target does not take part in.
type Suspended struct{ In, Out, Scheduled bool }

// Policy is a scaling policy.
type Policy struct {
	arn.Scope
	Resource, Name, UUID string
	Created              time.Time
	// Step or Tracking is the configuration, the other is nil.
	Step     *wire.Stored[types.StepScalingPolicyConfiguration]           `json:",omitempty"`
	Tracking *wire.Stored[types.TargetTrackingScalingPolicyConfiguration] `json:",omitempty"`
	// High and Low are the ids in the names of a target tracking policy's alarms;
	// Low is "" when it does not scale in.
	High, Low string
	// Acted is when it last changed the capacity.
	Acted time.Time
	Out   Growth
	// Unscaled is why it last did not scale, and which change of an alarm asked for
	// it; "" since it scaled.
	Unscaled string
}

// Scheduled is a scheduled action.
type Scheduled struct {
	arn.Scope
	Resource, Name, UUID string
	Schedule, Zone       string // Zone "" is UTC
	Start, End           time.Time
	Min, Max             *int
	Created              time.Time
	Next                 time.Time // zero = never again
}

// Tables by account/region/resource, policies and scheduled actions with their
// escaped name behind it.
var (
	Targets    = store.NewTable[Target]("scaling.target")
	Policies   = store.NewTable[Policy]("scaling.policy")
	Scheduleds = store.NewTable[Scheduled]("scaling.scheduled")
)

// Prefix is the key under which everything of a resource lies, in each table.
func Prefix(s arn.Scope, resource string) string { return s.Key(resource, "") }

// Key in Policies and Scheduleds.
func Key(s arn.Scope, resource, name string) string { return s.Key(resource, url.PathEscape(name)) }

// Key in Targets.
func (t *Target) Key() string { return t.Scope.Key(t.Resource) }

// Key in Policies.
func (p *Policy) Key() string { return Key(p.Scope, p.Resource, p.Name) }

// Key in Scheduleds.
func (a *Scheduled) Key() string { return Key(a.Scope, a.Resource, a.Name) }

// ARN of the target.
func (t *Target) ARN() string {
	return arn.Make("application-autoscaling", t.Region, t.Account, "scalable-target/"+t.ID)
}

// ARN of the policy, which is what alarms name as their action.
func (p *Policy) ARN() string {
	return arn.Make("autoscaling", p.Region, p.Account, "scalingPolicy:"+p.UUID+":resource/ecs/"+p.Resource+":policyName/"+p.Name)
}

// ARN of the scheduled action.
func (a *Scheduled) ARN() string {
	return arn.Make("autoscaling", a.Region, a.Account, "scheduledAction:"+a.UUID+":resource/ecs/"+a.Resource+":scheduledActionName/"+a.Name)
}

// FindPolicy finds a policy by its ARN.
func FindPolicy(tx *store.Tx, policyARN string) (*Policy, bool) {
	a, ok := arn.Parse(policyARN)
	if !ok || a.Service != "autoscaling" {
		return nil, false
	}
	head, name, ok1 := strings.Cut(a.Resource, ":policyName/")
	_, resource, ok2 := strings.Cut(head, ":resource/ecs/")
	if !ok1 || !ok2 {
		return nil, false
	}
	p, ok := Policies.Get(tx, Key(arn.Scope{Account: a.Account, Region: a.Region}, resource, name))
	return p, ok && p.ARN() == policyARN
}

// Split takes a resource, service/cluster/name, apart.
func Split(resource string) (cluster, service string, ok bool) {
	parts := strings.Split(resource, "/")
	if len(parts) != 3 || parts[0] != "service" || parts[1] == "" || parts[2] == "" {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// ServiceOf finds the service that a resource names, if it is ACTIVE.
func ServiceOf(tx *store.Tx, s arn.Scope, resource string) (*state.Service, bool) {
	cluster, name, ok := Split(resource)
	if !ok {
		return nil, false
	}
	svc, ok := state.Services.Get(tx, s.Key(cluster, name))
	return svc, ok && svc.Status == "ACTIVE"
}

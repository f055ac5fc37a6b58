package state

import (
	"strings"
	"time"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Task is an ECS task. The API creates it (RunTask) or the engine does (service
// tasks); after that the API changes only DesiredStatus/Stop*, Protected* and Tags.
type Task struct {
	arn.Scope
	Cluster, ID string
	// Service and Revision are empty for standalone tasks.
	Service, Revision string
	TaskDefinition    string // ARN
	Group, StartedBy  string
	ClientToken       string

	LastStatus, DesiredStatus string
	Created, PullStarted, PullStopped, Started, Stopping,
	ExecutionStopped, Stopped time.Time
	StopCode, StoppedReason string
	// Version grows with each change of state.
	Version int64

	AZ                           string
	IP, MAC, Gateway, CIDR       string
	Subnet, ENI, AttachmentID    string
	ENIStatus                    string
	LaunchType, CapacityProvider string
	PlatformVersion              string
	CPU, Memory                  string
	NetworkMode                  string
	ExecuteCommand               bool
	Network                      wire.Stored[ecs.NetworkConfiguration]
	Overrides                    wire.Stored[ecs.TaskOverride]
	Containers                   []Container
	Tags                         []ecs.Tag
	// Health is the task's healthStatus.
	Health string

	// Targets are the load balancer registrations of the task.
	Targets []Target
	// Registry is its registration with Cloud Map; nil = none.
	Registry *Registry `json:",omitempty"`
	// Connect is its registration with Service Connect; nil = it provides nothing.
	Connect *TaskConnect `json:",omitempty"`
	// Healthy tells that the task has passed every gate that its service sets
	// (container health, target health, or 40 s of running). Unhealthy tells why
	// the task is to be replaced; "" = it is not. Engine only.
	Healthy   bool
	Unhealthy string
	// Counted tells that its failure was told to the deployment, StopTold that
	// its stop was told as a service event. Engine only.
	Counted, StopTold bool

	ProtectedUntil time.Time // zero = not protected
}

// Container is a container of a task.
type Container struct {
	Name, UUID, EndpointID     string
	Image, Digest              string
	RuntimeID                  string
	Status                     string // PENDING, RUNNING or STOPPED
	ExitCode                   *int
	Reason, Health             string
	Created, Started, Finished time.Time
	Restarts                   int
	Ports                      []PortBinding
	CPU                        string
	Memory, Reservation        string
	LogFile                    string
	LogGroup, LogStream        string
}

// PortBinding is a port of a bridge- or host-mode container on this machine.
type PortBinding struct {
	BindIP          string
	Container, Host int
	Protocol        string
}

// Target is a registration of a task in a target group.
type Target struct {
	Group string // ARN
	ID    string // address or instance id
	Port  int
	// State is registered, draining or refused.
	State string
	Until time.Time // end of draining
}

// Key in Tasks.
func (t *Task) Key() string { return TaskKey(t.Scope, t.Cluster, t.ID) }

// TaskKey is the key of a task.
func TaskKey(s arn.Scope, cluster, id string) string { return s.Key(cluster, id) }

// ServiceKey is the key of the service of the task; "" for a standalone task.
func (t *Task) ServiceKey() string {
	if t.Service == "" {
		return ""
	}
	return t.Scope.Key(t.Cluster, t.Service)
}

// ARN of the task.
func (t *Task) ARN() string { return t.Scope.Task(t.Cluster, t.ID) }

// Protected tells whether task protection holds at now.
func (t *Task) Protected(now time.Time) bool { return now.Before(t.ProtectedUntil) }

// ServiceTask says that a task belongs to a service.
type ServiceTask struct{}

// Tasks by account/region/cluster/id; ServiceTasks by account/region/cluster/service/id.
var (
	Tasks        = store.NewTable[Task]("ecs.task")
	ServiceTasks = store.NewTable[ServiceTask]("ecs.servicetask")
)

// PutTask writes a task and its place in the service.
func PutTask(tx *store.Tx, t *Task) {
	Tasks.Put(tx, t.Key(), t)
	if t.Service != "" {
		k := t.ServiceKey() + "/" + t.ID
		if _, ok := ServiceTasks.Get(tx, k); !ok {
			ServiceTasks.Put(tx, k, &ServiceTask{})
		}
	}
}

// DeleteTask forgets a task.
func DeleteTask(tx *store.Tx, t *Task) {
	Tasks.Delete(tx, t.Key())
	if t.Service != "" {
		ServiceTasks.Delete(tx, t.ServiceKey()+"/"+t.ID)
	}
}

// TasksOf returns the tasks of a service, stopped ones included, by id.
func TasksOf(tx *store.Tx, s *Service) []*Task {
	out := make([]*Task, 0, min(max(s.Desired, 0), 100)+1)
	prefix, cluster := s.Key()+"/", TaskKey(s.Scope, s.Cluster, "")
	for k := range ServiceTasks.Prefix(tx, prefix) {
		if t, ok := Tasks.Get(tx, cluster+k[len(prefix):]); ok {
			out = append(out, t)
		}
	}
	return out
}

// PrivateDNS is the name that AWS gives an address of a VPC.
func PrivateDNS(ip, region string) string {
	zone := region + ".compute.internal"
	if region == "us-east-1" {
		zone = "ec2.internal"
	}
	return "ip-" + strings.ReplaceAll(ip, ".", "-") + "." + zone
}

package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// Balancer is what the engine needs of the load balancers.
type Balancer interface {
	Health(group, id string, port int) elb.HealthState
	OnHealth(fn func(group, id string, port int))
	SetPorts([]route.HostPort)
	// WaitApplied returns when the proxies serve everything committed so far.
	WaitApplied(ctx context.Context) error
}

// Mesh is what the engine needs of the proxies of Service Connect.
type Mesh interface {
	// Quiet tells whether a task that drains has no request in flight any more.
	Quiet(t *state.Task, rev *state.Revision) bool
	// OnQuiet sets what is called when that may have changed, with the task's id.
	OnQuiet(fn func(task string))
	// Forget drops what it knows of a task that ended.
	Forget(task string, rev *state.Revision)
}

// Images resolves an image tag to the digest it points at.
type Images interface {
	Resolve(ctx context.Context, ref string, auth runtime.RegistryAuth) (digest string, err error)
}

// Logs takes over the output of containers with the awslogs driver.
type Logs interface {
	Group(s arn.Scope, name string) (logs.Group, error)
	FollowTo(file string, to logs.Target) error
	Finish(file string)
}

// Options of New. Store and Driver are required.
type Options struct {
	Store    *store.Store
	Driver   runtime.Driver
	Balancer Balancer // nil: services with load balancers never become healthy
	Images   Images   // nil: tags are not pinned
	Logs     Logs     // nil: output stays in the container's log file
	// Secrets reads an SSM parameter or a Secrets Manager secret by a container
	// definition's valueFrom.
	Secrets func(scope arn.Scope, valueFrom string) (string, error)
	// Mesh is Service Connect; nil: nobody tells when its requests have ended.
	Mesh Mesh
	// Hooks calls lifecycle hooks; nil: every call fails.
	Hooks hook.Caller
	// Changed hears of every step of a deployment, in the transaction that writes
	// next; nil: nobody does.
	Changed func(tx *store.Tx, old, next *state.Deployment)
	// Metadata is the host:port of the task metadata endpoint; "" = 169.254.170.2.
	Metadata string
	// Endpoint is where tasks with a task role reach AWS's APIs, for
	// AWS_ENDPOINT_URL; "" = tasks cannot.
	Endpoint string
	// Foreign tells which tasks of the driver are not the engine's: it leaves them
	// alone. nil = none.
	Foreign func(task string) bool
	// TaskEnvironment adds variables to every container of a task; may be nil.
	TaskEnvironment func(t *state.Task) map[string]string
	// Zone tells the availability zone of a subnet; nil or "" = spread over Zones.
	Zone func(scope arn.Scope, subnet string) string
	// MinRunning is how long a task must run before a health check can make it
	// healthy; 0 = 1 s. On AWS a target needs longer than that to be found
	// healthy; here the first check passes within milliseconds, and a version
	// that listens and then dies at once would count as healthy and take the
	// place of one that works.
	MinRunning time.Duration
	Data       string        // data directory, for environment files
	Minute     time.Duration // length of a minute; 0 = 60 s
	InstanceID string        // of this machine, for targets of type instance
	// MachineIP is where tasks reach ports of this machine; "" = their gateway.
	MachineIP string
	// PublishIP is where bridge-mode host ports listen; "" = 127.0.0.1.
	PublishIP string
	Workers   int           // tasks worked on at once, 0 = 16; services: roundsPerTask times as many
	KeepTasks time.Duration // how long STOPPED tasks stay visible; 0 = 1 hour
	Log       *slog.Logger
}

// Engine runs services and tasks. Use New, then Run once.
type Engine struct {
	opts   Options
	store  *store.Store
	driver runtime.Driver
	log    *slog.Logger

	services *queue
	tasks    *queue
	pins     keyLock

	mailbox    *mailbox
	listeners  listeners
	background sync.WaitGroup // waits for proxies and hooks; ends with Run

	portsMu sync.Mutex
	ports   map[string][]route.HostPort // published, by task id

	mu       sync.Mutex
	statuses map[string]runtime.Status // newest, by task id
	keys     map[string]string         // task key by task id
	targets  map[string]string         // service key by group|id|port
	followed map[string]bool           // log files

	closing bool
}

// roundsPerTask: rounds of services mostly wait for the disk, and all that wait are
// written at once. With few of them a thousand deadlines that fall together
// would be met one flush after another.
const roundsPerTask = 8

// New prepares an engine; nothing runs before Run.
func New(o Options) (*Engine, error) {
	if o.Store == nil || o.Driver == nil {
		return nil, fmt.Errorf("engine: a store and a driver are required")
	}
	if o.Minute == 0 {
		o.Minute = time.Minute
	}
	if o.MinRunning == 0 {
		o.MinRunning = time.Second
	}
	if o.Workers == 0 {
		o.Workers = 16
	}
	if o.KeepTasks == 0 {
		o.KeepTasks = time.Hour
	}
	if o.Metadata == "" {
		o.Metadata = MetadataAddress
	}
	if o.PublishIP == "" {
		o.PublishIP = "127.0.0.1"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Foreign == nil {
		o.Foreign = func(string) bool { return false }
	}
	if o.Secrets == nil {
		o.Secrets = func(arn.Scope, string) (string, error) { return "", fmt.Errorf("no secret store") }
	}
	e := &Engine{
		opts: o, store: o.Store, driver: o.Driver, log: o.Log,
		services: newQueue(), tasks: newQueue(), mailbox: newMailbox(), listeners: listeners{of: map[string]map[string]bool{}},
		statuses: map[string]runtime.Status{}, keys: map[string]string{},
		targets: map[string]string{}, ports: map[string][]route.HostPort{}, followed: map[string]bool{},
	}
	if o.Balancer != nil {
		e.restorePorts()
	}
	return e, nil
}

// Run works until ctx ends. It stops no task: see Shutdown.
func (e *Engine) Run(ctx context.Context) error {
	stopWatch := e.store.Watch(e.committed)
	defer stopWatch()
	if e.opts.Balancer != nil {
		e.opts.Balancer.OnHealth(e.targetChanged)
	}
	if e.opts.Mesh != nil {
		e.opts.Mesh.OnQuiet(e.taskQuiet)
	}
	faultResume.Hit()
	e.resume()
	faultResumed.Hit()
	held, err := e.driver.List(ctx)
	if err != nil {
		return fmt.Errorf("engine: list tasks of the %s runtime: %w", e.driver.Name(), err)
	}
	faultListed.Hit()
	for _, st := range held {
		e.noteStatus(st)
	}
	e.endLost()

	var wg sync.WaitGroup
	wg.Go(func() { e.watchDriver(ctx) })
	wg.Go(func() { e.services.run(ctx, roundsPerTask*e.opts.Workers, e.reconcile) })
	wg.Go(func() { e.tasks.run(ctx, e.opts.Workers, e.advance) })
	wg.Go(func() { e.janitor(ctx) })
	wg.Wait()
	e.background.Wait()
	return nil
}

// resume queues everything that may have work, after a start.
func (e *Engine) resume() {
	e.store.View(func(tx *store.Tx) {
		for key, t := range state.Tasks.All(tx) {
			e.index(t)
			if t.LastStatus != Stopped {
				e.tasks.add(key)
			}
		}
		for key, s := range state.Services.All(tx) {
			if s.Status != "INACTIVE" {
				e.services.add(key)
			}
		}
	})
}

// committed queues what a commit may have given work to. It runs on the store's
// goroutine: no I/O, no waiting.
func (e *Engine) committed(c store.Commit) {
	for _, ch := range c.Changes {
		switch ch.Kind {
		case state.Tasks.Kind():
			t, old := state.Tasks.Of(ch)
			e.taskChanged(ch.ID, t, old)
		case state.Services.Kind():
			if s, old := state.Services.Of(ch); s != nil && serviceChanged(s, old) {
				e.services.add(ch.ID)
			}
		case state.Deployments.Kind():
			if d, old := state.Deployments.Of(ch); d != nil && (old == nil || d.StopRequested != old.StopRequested || len(d.Answers) != len(old.Answers)) {
				e.services.add(d.Scope.Key(d.Cluster, d.Service))
			}
		case watch.Alarms.Kind():
			a, _ := watch.Alarms.Of(ch)
			e.fired(a)
		}
	}
}

func (e *Engine) taskChanged(key string, t, old *state.Task) {
	if t == nil {
		e.forget(old)
		return
	}
	e.index(t)
	if old == nil || t.DesiredStatus != old.DesiredStatus || t.LastStatus != old.LastStatus {
		e.tasks.add(key)
	}
	if t.Service == "" {
		return
	}
	if old == nil || t.DesiredStatus != old.DesiredStatus || t.LastStatus != old.LastStatus ||
		t.Health != old.Health || !t.ProtectedUntil.Equal(old.ProtectedUntil) {
		e.services.add(t.ServiceKey())
	}
}

// serviceChanged tells whether a user's change needs the engine. What the engine
// itself writes does not.
func serviceChanged(s, old *state.Service) bool {
	return old == nil || s.Status != old.Status || s.Desired != old.Desired || s.Deployment != old.Deployment ||
		s.Body.V.DeploymentConfiguration != old.Body.V.DeploymentConfiguration ||
		s.Body.V.HealthCheckGracePeriodSeconds != old.Body.V.HealthCheckGracePeriodSeconds
}

func targetKey(group, id string, port int) string { return fmt.Sprintf("%s|%s|%d", group, id, port) }

// targetChanged queues the service whose target changed its health.
func (e *Engine) targetChanged(group, id string, port int) {
	e.mu.Lock()
	key := e.targets[targetKey(group, id, port)]
	e.mu.Unlock()
	if key != "" {
		e.services.add(key)
	}
}

// index remembers where to find a task.
func (e *Engine) index(t *state.Task) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys[t.ID] = t.Key()
	if t.Service == "" {
		return
	}
	for _, x := range t.Targets {
		k := targetKey(x.Group, x.ID, x.Port)
		if x.State == TargetRegistered {
			e.targets[k] = t.ServiceKey()
		} else if e.targets[k] == t.ServiceKey() {
			delete(e.targets, k)
		}
	}
}

// forget drops what is remembered of a deleted task.
func (e *Engine) forget(t *state.Task) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.keys, t.ID)
	delete(e.statuses, t.ID)
}

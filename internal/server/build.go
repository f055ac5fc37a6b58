package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"

	"github.com/grue-ecs/grue/internal/api/ec2"
	"github.com/grue-ecs/grue/internal/api/ecs"
	"github.com/grue-ecs/grue/internal/api/sts"
	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/console"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/engine"
	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/metadata"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/notify"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/scrape"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/span"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
	"github.com/grue-ecs/grue/internal/usage"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/web"
	"github.com/grue-ecs/grue/internal/wire"
)

// server is the running control plane.
type server struct {
	opts      Options
	log       *slog.Logger
	store     *store.Store
	machine   machine
	platform  *platform
	link      *link.Client
	balancer  *elb.Balancer
	mesh      *connect.Mesh
	engine    *engine.Engine
	console   *console.Sessions
	images    *image.Store
	registry  *registry.Registry
	logs      *logs.Store
	vault     *secret.Vault
	functions *function.Functions
	inside    net.Listener // for functions in containers and tasks; nil where there are none
	insideURL string       // of inside, as they reach it
	ec2       *ec2.Service
	ecs       *ecs.Service
	metrics   *metric.Store
	queues    *queue.Queues
	topics    *topic.Topics
	buses     *bus.Router
	messages  messages
	watcher   *watch.Watcher
	scaler    *scale.Scaler
	usage     *usage.Sampler
	metadata  *metadata.Handler
	events    *eventStream
	scrape    *scrape.Metrics
	spans     *span.Spans // nil = nobody asked for traces
	api       http.Handler
	wire      *wire.Registry // api, for routes of grue's own
	approvals *approval.Approvals
	notifier  *notify.Notifier
	web       *web.Site
	ledger    *elb.Ledger
	keys      *sts.Keys
	// authenticate finds the secret and the identity of an access key.
	authenticate func(key string) (secret string, c wire.Caller, ok bool)

	undo []func() // in reverse order of their making
}

// build makes all parts in the order of their needs. On an error what was made
// is closed again.
func build(_ context.Context, o Options) (*server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{opts: o, log: o.Log, scrape: scrape.New(Version, chooseRuntime(o.Runtime))}
	for _, step := range []struct {
		what string
		make func() error
	}{
		{"open the state", s.openStore},
		{"open the traces", s.openTraces},
		{"open the image store", s.openImages},
		{"open the container runtime", s.openPlatform},
		{"connect the load balancers", s.openBalancer},
		{"open the log store", s.openLogs},
		{"open the secret store", s.openVault},
		{"open the functions", s.openFunctions},
		{"open the queues", s.openQueues},
		{"open topics and event buses", s.openMessages},
		{"watch the metrics", s.openWatcher},
		{"scale the services", s.openScaler},
		{"open the sessions in containers", s.openConsole},
		{"start the engine", s.openEngine},
		{"start the APIs", s.openAPI},
		{"measure the parts", s.openMetrics},
		{"open the approvals", s.openApprovals},
		{"open the dashboard", s.openWeb},
	} {
		if err := step.make(); err != nil {
			s.close()
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
	}
	s.platform.joined.serve(nil)
	return s, nil
}

// onClose notes how to undo the step just made.
func (s *server) onClose(fn func()) { s.undo = append(s.undo, fn) }

func (s *server) close() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = nil
}

func (s *server) path(name string) string { return filepath.Join(s.opts.Data, name) }

func (s *server) openStore() (err error) {
	if s.store, err = store.Open(s.path("state.db"), store.Options{Flushed: s.scrape.Flushed}); err != nil {
		return err
	}
	s.onClose(func() { s.store.Close() })
	s.events = newEventStream(s.store)
	s.onClose(s.events.stop)
	s.machine, err = identify(s.store)
	return err
}

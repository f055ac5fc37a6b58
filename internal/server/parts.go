package server

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/engine"
	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/metadata"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/usage"
	"github.com/grue-ecs/grue/internal/watch"
)

func (s *server) openImages() error {
	own := s.ownHosts()
	r, err := registry.New(registry.Options{
		Dir: s.path("registry"), Store: s.store, LocalHosts: own, Log: s.log,
		Default: arn.Scope{Account: s.opts.Account, Region: s.opts.Region},
	})
	if err != nil {
		return err
	}
	s.registry = r
	s.images, err = image.New(image.Options{
		Dir: s.path("images"), Registry: r, LocalHosts: own, Grace: imageLife, Log: s.log,
	})
	return err
}

// ownHosts tells which host:port in an image reference means this server.
func (s *server) ownHosts() func(host string) bool {
	host, port, _ := net.SplitHostPort(s.opts.Listener.Addr().String())
	names := []string{net.JoinHostPort(host, port), "localhost:" + port, "127.0.0.1:" + port, "[::1]:" + port}
	if name, err := os.Hostname(); err == nil {
		names = append(names, net.JoinHostPort(name, port))
	}
	return func(h string) bool { return slices.Contains(names, h) }
}

func (s *server) openPlatform() (err error) {
	if s.platform, err = openPlatform(s.opts, s.images); err != nil {
		return err
	}
	s.onClose(s.platform.close)
	return nil
}

func (s *server) killTasks() {
	if s.platform.kill == nil {
		return
	}
	s.platform.close()
	if err := s.platform.kill(); err != nil {
		s.log.Error("tasks not killed", "err", err)
	}
}

func (s *server) openBalancer() error {
	s.metrics, s.ledger = metric.New(metric.Options{Minute: s.opts.Minute}), elb.NewLedger()
	s.link = link.New(s.path(filepath.Join("proxy", "proxy.sock")))
	s.onClose(s.link.Close)
	s.mesh = connect.New(connect.Options{
		Store: s.store, Log: s.log,
		Applied:  func(ctx context.Context) error { return s.balancer.WaitApplied(ctx) },
		Failures: func() []link.BindFailure { return s.balancer.Failures() },
	})
	s.balancer = elb.New(elb.Options{
		Store: s.store, Plane: s.link, Addresses: s.platform.addresses, Metrics: s.metrics, Log: s.log,
		Parts: []func(*store.Tx, *route.Table){s.mesh.Part}, Others: s.mesh, Ledger: s.ledger,
	})
	s.mesh.Measure(s.metrics)
	s.mesh.Keep(s.ledger)
	s.balancer.SetDNS(s.platform.dns)
	return nil
}

// openWatcher makes what evaluates alarms and what measures tasks.
func (s *server) openWatcher() error {
	s.watcher = watch.New(watch.Options{Store: s.store, Metrics: s.metrics, Actions: s.messages, Scale: s.scalePolicy, Log: s.log})
	s.usage = usage.New(usage.Options{Store: s.store, Metrics: s.metrics, Stats: s.platform.driver.Stats, Log: s.log})
	return nil
}

func (s *server) openLogs() (err error) {
	if s.logs, err = logs.New(logs.Options{Dir: s.path("logs"), Store: s.store, Log: s.log}); err != nil {
		return err
	}
	s.onClose(func() { s.logs.Close() })
	s.mesh.FollowLogs(s.path(filepath.Join("proxy", "connect")), s.logs)
	return nil
}

func (s *server) openVault() (err error) {
	s.vault, err = secret.NewVault(s.store, s.path("secrets.key"))
	s.mesh.KeepKeys(s.vault)
	return err
}

func (s *server) openEngine() (err error) {
	key, err := hook.LoadKey(s.path("hooks.key"))
	if err != nil {
		return err
	}
	s.openNotifications(key)
	hooks := hook.New(hook.Options{
		Store: s.store, Functions: s.functions, Key: key, Minute: s.opts.Minute, Zone: s.zone, Log: s.log,
	})
	s.onClose(hooks.Close)
	s.engine, err = engine.New(engine.Options{
		Store: s.store, Driver: s.platform.driver, Balancer: s.balancer, Images: s.images, Logs: s.logs,
		Secrets: s.vault.Lookup, Zone: s.zone, Data: s.opts.Data, Minute: s.opts.Minute, MachineIP: s.platform.inside,
		InstanceID: s.machine.InstanceID, Metadata: s.platform.metadata, Log: s.log,
		Mesh: s.mesh, Hooks: s.scrape.Hooks(s.spans.Hooks(hooks)), Changed: s.notifier.Changed, Foreign: function.OwnsTask, Endpoint: s.insideURL,
	})
	if err != nil {
		return err
	}
	s.platform.joined.serve(s.mesh.Joined)
	s.metadata = metadata.New(metadata.Options{
		Store: s.store, VPC: s.machine.VPC, Credentials: s.taskCredentials,
		Stats: func(ctx context.Context, id string) (map[string]runtime.Stats, error) {
			return s.platform.driver.Stats(ctx, id)
		},
	})
	s.onClose(s.metadata.Close)
	return nil
}

package server

import (
	"context"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/web"
)

// openWeb makes the dashboard, which is served below /ui/.
func (s *server) openWeb() (err error) {
	s.web, err = web.New(web.Options{
		Store: s.store, Metrics: s.metrics, Balancer: s.balancer, Ledger: s.ledger, Watcher: s.watcher, Decide: s.approvals.Decide, Logs: s.logs, ECS: s.ecs,
		Stats: func(ctx context.Context, task string) (map[string]runtime.Stats, error) {
			return s.platform.driver.Stats(ctx, task)
		},
		Usage:        s.usage.Recent,
		Authenticate: s.authenticate, Session: s.keys.Token,
		ProxyConnected: func() bool { _, ok := s.link.Connected(); return ok },
		Account:        s.opts.Account, Region: s.opts.Region, Minute: s.opts.Minute, Version: Version, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.onClose(s.web.Close)
	return nil
}

package proxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/link"
)

// Run is the whole life of a proxy process: it takes over from a process that
// serves the same directory, or starts with the table on disk; serves until ctx
// ends, the server asks it to end, or a successor takes over; and lets requests
// finish.
func Run(ctx context.Context, o Options) error {
	p, err := newProxy(o)
	if err != nil {
		return err
	}
	if err := p.start(); err != nil {
		p.stop(0)
		return err
	}
	if o.Ready != nil {
		o.Ready()
	}
	timeout := o.shutdownTimeout()
	select {
	case <-ctx.Done():
	case <-p.ended:
	case <-p.handover.taken:
		p.log.Info("a new proxy process has taken over")
		timeout = o.handoverTimeout()
		p.health.close() // the file is the successor's now
		p.closeEndpoint()
	}
	p.stop(timeout)
	return nil
}

// start begins to serve what the process before served.
func (p *Proxy) start() error {
	p.health.load()
	if err := p.takeOver(); err != nil {
		p.log.Warn("no takeover from the process before", "err", err)
	}
	t, err := p.persist.load()
	if err != nil {
		p.log.Error("table on disk is unusable; waiting for the server", "err", err)
	}
	if t != nil {
		p.applyMu.Lock()
		err := p.apply(t)
		p.applyMu.Unlock()
		if err != nil {
			p.log.Error("table on disk is unusable; waiting for the server", "err", err)
		}
	}
	p.adopted.dropUnused()
	up, err := link.Serve(filepath.Join(p.dir, socketFile), p)
	if err != nil {
		return err
	}
	p.endpoint.Store(up)
	if err := p.handover.serve(p); err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	p.confirmTakeover()
	p.log.Info("proxy serves", "dir", p.dir, "listeners", len(p.sockets))
	return nil
}

// stop ends serving: nothing new is accepted, requests may end within the
// timeout, then they are cut.
func (p *Proxy) stop(timeout time.Duration) {
	p.handover.close()
	p.applyMu.Lock()
	p.closing.Store(true)
	p.adopted.keeper.Close()
	closeSockets(slices.Collect(maps.Values(p.sockets)))
	p.retirePackets()
	p.forwards.closeListeners()
	p.resolver.close()
	p.applyMu.Unlock()
	p.h2conns.shutdown()
	if !p.awaitConns(timeout) {
		p.log.Warn("requests cut off at shutdown", "connections", p.watch.count.Load())
	}
	p.closeEndpoint()
	p.cancel()
	p.watch.each(func(c *clientConn) { c.conn.Close(); c.interruptBackend() })
	p.h2conns.closeAll()
	p.cutTargets()
	p.relays.cut(func(*relay) bool { return true })
	p.loops.stop()
	p.forwards.closeConns()
	p.serving.Wait()
	p.running.Wait()
	p.handover.bequeath(p.meters.take())
	p.handover.end()
	p.logs.close()
	p.meshLogs.close()
	_ = p.health.save()
}

// closeEndpoint ends the link; what was counted last goes along.
func (p *Proxy) closeEndpoint() {
	if up := p.endpoint.Swap(nil); up != nil {
		p.meters.add(up.Close())
	}
}

// awaitConns waits until no client connection is left.
func (p *Proxy) awaitConns(timeout time.Duration) bool {
	done := make(chan struct{})
	p.running.Go(func() {
		p.serving.Wait()
		close(done)
	})
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return errors.Is(ctx.Err(), context.Canceled)
	}
}

// cutTargets ends what is left at every target.
func (p *Proxy) cutTargets() {
	p.leaving.cutAll()
	for _, g := range p.groups {
		g.mu.Lock()
		for _, t := range g.targets {
			t.health.stopProbe()
		}
		g.mu.Unlock()
		for _, t := range g.members() {
			t.cut()
		}
	}
}

// idleGrace is how long an idle client connection may wait for another request
// when the process ends: its next answer says Connection: close, which is
// kinder than an end in the moment in which a request is under way.
func (p *Proxy) idleGrace() time.Duration {
	return min(p.options.shutdownTimeout()/5, time.Second)
}

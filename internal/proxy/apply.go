package proxy

import (
	"fmt"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
)

// Apply implements link.Proxy: it starts to serve a table. The version is
// acknowledged when it is on disk; a table that cannot be served changes
// nothing.
func (p *Proxy) Apply(t *route.Table) {
	p.applyMu.Lock()
	err := p.apply(t)
	p.applyMu.Unlock()
	if err != nil {
		p.log.Warn("table refused", "epoch", t.Epoch, "version", t.Version, "err", err)
		p.nack(t, err)
		return
	}
	p.persist.put(t)
}

// apply takes a table over, in this order: what is new in groups; sockets; the
// view, with one store; then what leaves, for no rule counts on it any more.
func (p *Proxy) apply(t *route.Table) error {
	if err := p.fence(t); err != nil {
		return err
	}
	router, err := route.Compile(t)
	if err != nil {
		return err
	}
	router.Continue(p.view.Load().router)
	for arn, spec := range t.Groups {
		if p.groups[arn] == nil {
			p.groups[arn] = newGroup(p, spec)
		}
		p.groups[arn].grow(spec)
	}
	v := &view{router: router, fronts: make(map[*socket]*front), groups: make(map[string]*group), sealer: p.sealer}
	for arn := range t.Groups {
		v.groups[arn] = p.groups[arn]
	}
	before := p.failures
	fresh := p.bindListeners(t, v)
	packets := p.bindPackets(t, v)
	p.meters.use(v)
	p.view.Store(v)
	for _, s := range fresh {
		p.startAccepting(s)
	}
	p.receive(packets)
	for arn, spec := range t.Groups {
		p.groups[arn].update(spec)
	}
	p.dropGroups(t)
	p.tidyTLS(t)
	p.unbindListeners(v)
	p.unbindPackets(v)
	p.failures = append(p.failures, p.forwards.apply(p, t.Ports)...)
	p.failures = append(p.failures, p.resolver.apply(t)...)
	p.keepSockets()
	p.logFailures(before)
	return nil
}

// fence refuses tables of a server that lost its lease, and older versions.
func (p *Proxy) fence(t *route.Table) error {
	now := p.table()
	switch {
	case now == nil:
		return nil
	case t.Epoch < now.Epoch:
		return fmt.Errorf("epoch %d is lower than %d, which is in force", t.Epoch, now.Epoch)
	case t.Epoch == now.Epoch && t.Version < now.Version:
		return fmt.Errorf("version %d is older than %d, which is in force", t.Version, now.Version)
	}
	return nil
}

// dropGroups ends groups that are not in the table.
func (p *Proxy) dropGroups(t *route.Table) {
	for arn, g := range p.groups {
		if t.Groups[arn] == nil {
			delete(p.groups, arn)
			g.remove()
		}
	}
}

// persisted acknowledges a version that is on disk.
func (p *Proxy) persisted(t *route.Table, err error) {
	if err != nil {
		p.log.Error("table not saved", "version", t.Version, "err", err)
		p.nack(t, fmt.Errorf("the proxy serves the table but cannot save it: %w", err))
		return
	}
	p.applyMu.Lock()
	failures := append([]link.BindFailure(nil), p.failures...)
	p.applyMu.Unlock()
	if up := p.endpoint.Load(); up != nil {
		up.Ack(t.Epoch, t.Version, failures)
	}
}

func (p *Proxy) nack(t *route.Table, err error) {
	if up := p.endpoint.Load(); up != nil {
		up.Nack(t.Epoch, t.Version, err)
	}
}

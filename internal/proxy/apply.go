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
	fresh := p.bindListeners(t, v)
	p.meters.use(v)
	p.view.Store(v)
	for _, s := range fresh {
		p.startAccepting(s)
	}
	for arn, spec := range t.Groups {
		p.groups[arn].update(spec)
	}
	p.dropGroups(t)
	p.tidyTLS(t)
	p.unbindListeners(v)
	p.failures = append(p.failures, p.forwards.apply(p, t.Ports)...)
	p.failures = append(p.failures, p.resolver.apply(t)...)
	for _, f := range p.failures {
		p.log.Warn("cannot listen", "listener", f.Listener, "address", f.Address, "err", f.Error)
	}
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

// bindListeners prepares a front and a socket for each listener. New sockets
// are returned: they accept once the view is in force.
func (p *Proxy) bindListeners(t *route.Table, v *view) (fresh []*socket) {
	p.failures = nil
	for i := range t.Listeners {
		l := &t.Listeners[i]
		f := p.newFront(v.router, l, p.groups)
		var err error
		if l.Protocol == "HTTPS" {
			f.tls, err = p.tlsOf(t, l)
		}
		f.log = p.accessLogOf(l)
		s := p.sockets[l.Address]
		if err == nil && s != nil && v.fronts[s] != nil {
			err = fmt.Errorf("address %s belongs to listener %s", l.Address, v.fronts[s].listener.ARN)
		}
		if err == nil && s == nil {
			if s, err = p.bind(l.Address); err == nil {
				fresh = append(fresh, s)
			}
		}
		if err != nil {
			p.failures = append(p.failures, link.BindFailure{Listener: l.ARN, Address: l.Address, Error: err.Error()})
			continue
		}
		v.fronts[s] = f
	}
	return fresh
}

// unbindListeners closes sockets that no listener of the view has.
func (p *Proxy) unbindListeners(v *view) {
	for address, s := range p.sockets {
		if v.fronts[s] == nil {
			delete(p.sockets, address)
			s.close()
		}
	}
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

// retryBinds takes the table in force over once more while an address could not
// be bound: what held it may have gone.
func (p *Proxy) retryBinds() {
	p.applyMu.Lock()
	defer p.applyMu.Unlock()
	t := p.table()
	if len(p.failures) == 0 || t == nil || p.closing.Load() {
		return
	}
	if p.anyBindable() && p.apply(t) == nil {
		p.persist.put(t)
	}
}

// anyBindable reports whether an address that failed can be bound now.
func (p *Proxy) anyBindable() bool {
	for _, f := range p.failures {
		if p.sockets[f.Address] == nil && bindable(f.Address) {
			return true
		}
	}
	return false
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

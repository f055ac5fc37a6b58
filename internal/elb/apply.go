package elb

import (
	"context"
	"errors"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// WaitApplied returns when the proxy serves a table that includes every commit
// and setting that was complete before the call. The error is ctx's, or tells
// why the proxy refused the table.
func (b *Balancer) WaitApplied(ctx context.Context) error {
	version := b.publish()
	faultWait.Hit()
	defer faultAcked.Hit()
	return b.opts.Plane.WaitAck(ctx, version)
}

// publish makes and publishes a table if anything changed since the last one,
// and returns the version that includes it.
func (b *Balancer) publish() uint64 {
	b.publishing.Lock()
	defer b.publishing.Unlock()
	b.mu.Lock()
	ports, names, dns, changed := b.ports, b.names, b.dns, b.settings
	b.settings = false
	b.mu.Unlock()

	var t *route.Table
	b.opts.Store.View(func(tx *store.Tx) {
		rev := current(tx)
		if b.version > 0 && rev == b.revision && !changed {
			return
		}
		b.revision = rev
		faultBuild.Hit()
		t = build(tx)
		for _, add := range b.opts.Parts {
			add(tx, t)
		}
		b.remember(tx)
	})
	if t == nil {
		return b.version
	}
	b.version++
	t.Epoch, t.Version = b.opts.Epoch, b.version
	t.Ports, t.DNS, t.Report = ports, dns, b.reportEvery()
	merge(t.Names, names)
	faultPublish.Hit()
	b.opts.Plane.Publish(t)
	faultPublished.Hit()
	poke(b.sent)
	return b.version
}

// balancing is what measures need of a load balancer.
type balancing struct {
	scope arn.Scope
	zone  string                // its first one, in which its one node stands; "" = unknown
	conns uint64                // connections of clients, as reported last
	flows map[flowKey]openFlows // of a network load balancer
}

// remember notes the account, region and zone of each load balancer, for traffic
// is reported under a name that does not say.
func (b *Balancer) remember(tx *store.Tx) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.known
	b.known = make(map[string]*balancing, len(before))
	for at, lb := range loadBalancers.All(tx) {
		x := &balancing{scope: scopeOf(at), flows: map[flowKey]openFlows{}}
		if len(lb.Zones) > 0 {
			x.zone = lb.Zones[0].Name
		}
		if old := before[lb.Dimension()]; old != nil {
			x.conns, x.flows = old.conns, old.flows
		}
		b.known[lb.Dimension()] = x
	}
	b.forgetTotals(tx)
}

// forgetTotals drops the totals of load balancers and target groups that have gone. A report that comes
// late makes them once more, until the next table.
func (b *Balancer) forgetTotals(tx *store.Tx) {
	for key := range b.totals {
		if _, ok := groups.Get(tx, key.group); b.known[key.lb] == nil || key.group != "" && !ok {
			delete(b.totals, key)
		}
	}
}

// follow waits for the acknowledgement of each table, so that a refused one is
// told, and then gives back the addresses that no table holds any more.
func (b *Balancer) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.sent:
		}
		b.publishing.Lock()
		version := b.version
		b.publishing.Unlock()
		err := b.opts.Plane.WaitAck(ctx, version)
		var refused *link.NackError
		switch {
		case errors.As(err, &refused):
			b.opts.Log.Error("the proxy refused the routes; the previous ones stay in force", "version", version, "reason", refused.Reason)
		case err == nil:
			b.release()
		}
	}
}

// release gives back the addresses of load balancers that were deleted before
// the table that the proxy serves now.
func (b *Balancer) release() {
	var gone []string
	b.opts.Store.View(func(tx *store.Tx) {
		for id := range releases.All(tx) {
			gone = append(gone, id)
		}
	})
	for _, id := range gone {
		if b.opts.Addresses != nil {
			if err := b.opts.Addresses.FreeLB(addressID(id)); err != nil {
				b.opts.Log.Error("the address of a deleted load balancer is not free", "load_balancer", id, "err", err)
				continue
			}
		}
		if err := b.opts.Store.Update(func(tx *store.Tx) error { releases.Delete(tx, id); return nil }); err != nil {
			b.opts.Log.Error("write", "err", err)
			return
		}
	}
}

package elb

import (
	"context"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// takeHealth receives the proxy's verdicts.
func (b *Balancer) takeHealth(reports []route.Health) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range reports {
		h := &reports[i]
		if b.opts.Others != nil && b.opts.Others.TakeHealth(h) {
			continue
		}
		key := targetKey(h.Group, h.ID, h.Port)
		v, before := verdictOf(h), b.health[key]
		if v.Registered.Equal(before.Registered) && v.State == before.State {
			v.Since = before.Since
			if v == before {
				continue
			}
		}
		b.health[key] = v
		b.unkept[key] = true
		b.news = append(b.news, subject{h.Group, h.ID, h.Port})
	}
	if len(b.news) > 0 {
		poke(b.wake)
		poke(b.keep)
	}
}

// keepVerdicts writes changed verdicts, as many at once as came meanwhile.
func (b *Balancer) keepVerdicts(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.keep:
		}
		b.mu.Lock()
		changed := make(map[string]*verdict, len(b.unkept))
		for key := range b.unkept {
			changed[key] = nil
			if v, ok := b.health[key]; ok {
				changed[key] = &v
			}
		}
		clear(b.unkept)
		b.mu.Unlock()
		var gone []string
		faultVerdict.Hit()
		err := b.opts.Store.Update(func(tx *store.Tx) error { gone = writeVerdicts(tx, changed); return nil })
		faultVerdictKept.Hit()
		if err != nil {
			b.opts.Log.Warn("the health of targets was not written; it is learnt again after a restart", "err", err)
		}
		b.forget(gone)
	}
}

// forget drops verdicts that came after their targets had gone.
func (b *Balancer) forget(keys []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range keys {
		delete(b.health, key)
	}
}

// writeVerdicts writes verdicts over targets that are still registered, and
// lists the others.
func writeVerdicts(tx *store.Tx, changed map[string]*verdict) (gone []string) {
	for key, v := range changed {
		r, ok := registrations.Get(tx, key)
		if !ok {
			gone = append(gone, key)
		}
		switch {
		case ok && v != nil && v.Registered.Equal(r.Registered):
			verdicts.Put(tx, key, v)
		default:
			if _, kept := verdicts.Get(tx, key); kept {
				verdicts.Delete(tx, key)
			}
		}
	}
	return gone
}

// takeFailures receives the addresses that the proxy cannot listen on.
func (b *Balancer) takeFailures(failures []link.BindFailure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := map[link.BindFailure]bool{}
	for _, f := range b.failures {
		known[f] = true
	}
	for _, f := range failures {
		if !known[f] {
			b.opts.Log.Error("the proxy cannot listen on an address", "listener", f.Listener, "address", f.Address, "err", f.Error)
		}
	}
	b.failures = failures
}

// Failures lists the addresses that the proxy cannot listen on: of listeners, of
// published ports, of the resolver.
func (b *Balancer) Failures() []link.BindFailure {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures
}

// Impaired says why a load balancer cannot serve on all its listeners; "" when
// it does.
func (b *Balancer) Impaired(lbARN string) string {
	for _, f := range b.Failures() {
		if LoadBalancerOfRule(f.Listener) == lbARN {
			return "A listener cannot be opened on " + f.Address + ": " + f.Error
		}
	}
	return ""
}

package proxy

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// healthBook keeps the verdicts on disk, so that a proxy that was killed starts
// with what it knew instead of taking every target for new.
type healthBook struct {
	path  string
	wake  chan struct{}
	mu    sync.Mutex
	ended bool // nothing is written any more
	known map[bookKey]route.Health
	book  map[bookKey]route.Health // of this process
}

type bookKey struct {
	group string
	targetKey
}

func (b *healthBook) init(path string) {
	b.path, b.wake = path, make(chan struct{}, 1)
	b.known = make(map[bookKey]route.Health)
	b.book = make(map[bookKey]route.Health)
}

// bookDelay gathers changes that come together into one write; a large book is
// written less often.
const bookDelay = 20 * time.Millisecond

func (b *healthBook) run(ctx context.Context, log *slog.Logger) {
	delay := bookDelay
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		sleep(ctx, delay)
		began := time.Now()
		if err := b.save(); err != nil {
			log.Error("health not saved", "err", err)
		}
		delay = max(bookDelay, 10*time.Since(began))
	}
}

// close ends writing.
func (b *healthBook) close() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
}

func (b *healthBook) save() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return nil
	}
	all := make([]route.Health, 0, len(b.book))
	for _, h := range b.book {
		all = append(all, h)
	}
	data, err := json.Marshal(all)
	if err != nil {
		return err
	}
	fresh := b.path + ".new"
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, b.path)
}

// load reads what an earlier process knew; without the file nothing is known.
func (b *healthBook) load() {
	data, err := os.ReadFile(b.path)
	if err != nil {
		return
	}
	var all []route.Health
	if json.Unmarshal(data, &all) == nil {
		b.learn(all)
	}
}

// learn remembers verdicts of an earlier process.
func (b *healthBook) learn(all []route.Health) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range all {
		b.known[keyOfHealth(&h)] = h
	}
}

func keyOfHealth(h *route.Health) bookKey {
	return bookKey{h.Group, targetKey{h.ID, h.Port, h.Registered.UnixNano()}}
}

// note keeps a verdict.
func (b *healthBook) note(h *route.Health) {
	b.mu.Lock()
	b.book[keyOfHealth(h)] = *h
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// forget drops a target that has left.
func (b *healthBook) forget(group string, key targetKey) {
	b.mu.Lock()
	delete(b.book, bookKey{group, key})
	delete(b.known, bookKey{group, key})
	b.mu.Unlock()
}

// remembered is what an earlier process knew of a target.
func (p *Proxy) remembered(group string, t *route.Target) *route.Health {
	p.health.mu.Lock()
	defer p.health.mu.Unlock()
	h, ok := p.health.known[bookKey{group, keyOf(t)}]
	if !ok {
		return nil
	}
	p.health.book[bookKey{group, keyOf(t)}] = h
	return &h
}

// healthChanged tells the server and the book of a changed verdict. What is
// told last is what was found last.
func (p *Proxy) healthChanged(t *target) {
	p.healthMu.Lock()
	defer p.healthMu.Unlock()
	t.group.mu.Lock()
	h, inUse := t.report(), t.group.spec.InUse
	t.group.mu.Unlock()
	if !inUse {
		return
	}
	p.health.note(&h)
	if up := p.endpoint.Load(); up != nil {
		up.HealthChanged([]route.Health{h})
	}
}

// Health implements link.Proxy.
func (p *Proxy) Health() []route.Health {
	var out []route.Health
	for _, g := range p.view.Load().groups {
		out = g.report(out)
	}
	return out
}

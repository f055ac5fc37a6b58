package elb

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
)

// Run publishes tables as records change, ends drains at their time and tells
// watchers, until ctx ends.
func (b *Balancer) Run(ctx context.Context) error {
	if err := b.restoreAddresses(); err != nil {
		return err
	}
	stop := b.opts.Store.Watch(b.committed)
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wg.Go(func() { b.follow(ctx) })
	wg.Go(func() { b.keepVerdicts(ctx) })
	if b.opts.Metrics != nil {
		wg.Go(func() { b.census(ctx) })
	}
	for ctx.Err() == nil {
		started := time.Now()
		b.publish()
		built := time.Since(started)
		b.endDrains()
		b.tell()
		b.rest(ctx, built)
	}
	return nil
}

// rest waits until there is something to do. After a table that took long to
// make, the next one waits for some more commits, so that in a large system
// making tables stays a small part of the work; WaitApplied does not wait.
func (b *Balancer) rest(ctx context.Context, built time.Duration) {
	timer := time.NewTimer(b.untilDrain())
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-b.wake:
		if pause := min(10*built, 200*time.Millisecond); pause > 5*time.Millisecond {
			timer.Reset(pause)
			select {
			case <-ctx.Done():
			case <-timer.C:
			}
		}
	}
}

// subject is a target, or with an empty id a whole group, whose state may have
// changed.
type subject struct {
	group, id string
	port      int
}

// committed notes what a commit means for targets. The store calls it with every
// commit, in order.
func (b *Balancer) committed(c store.Commit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	woken := false
	for _, change := range c.Changes {
		switch change.Kind {
		case revisions.Kind(), cloudmap.ChangesKind:
			woken = true
		case registrations.Kind():
			r, old := registrations.Of(change)
			b.registrationChanged(change.ID, r, old)
		case uses.Kind():
			value, old := uses.Of(change)
			if (value == nil) != (old == nil) {
				b.news = append(b.news, subject{group: groupOfUse(change.ID, value, old)})
			}
		}
	}
	if woken {
		poke(b.wake)
	}
}

func (b *Balancer) registrationChanged(key string, r, old *Registration) {
	if r == nil {
		delete(b.health, key)
		delete(b.unkept, key)
		b.news = append(b.news, subject{old.Group, old.ID, old.Port})
		return
	}
	if r.Draining {
		b.drains.add(key, r.DrainUntil)
	}
	b.news = append(b.news, subject{r.Group, r.ID, r.Port})
}

func groupOfUse(key string, value, old *use) string {
	if value == nil {
		value = old
	}
	return key[:len(key)-len(value.Rule)-1]
}

// tell calls the watchers for everything new.
func (b *Balancer) tell() {
	b.mu.Lock()
	news, watchers := b.news, b.watchers
	b.news = nil
	b.mu.Unlock()
	for _, s := range news {
		for _, t := range b.expand(s) {
			for _, fn := range watchers {
				fn(t.group, t.id, t.port)
			}
		}
	}
}

// expand lists the targets that a subject stands for. The verdicts over a group
// that is no longer in use are void: when it is used again, its targets begin at
// initial.
func (b *Balancer) expand(s subject) []subject {
	if s.id != "" {
		return []subject{s}
	}
	var out []subject
	used := true
	b.opts.Store.View(func(tx *store.Tx) {
		used = Associated(tx, s.group)
		for r := range Registered(tx, s.group) {
			out = append(out, subject{r.Group, r.ID, r.Port})
		}
	})
	if !used {
		b.mu.Lock()
		for _, t := range out {
			delete(b.health, targetKey(t.group, t.id, t.port))
			b.unkept[targetKey(t.group, t.id, t.port)] = true
		}
		b.mu.Unlock()
		poke(b.keep)
	}
	return out
}

// drains are the ends of drains, the next one first.
type drains []drain

type drain struct {
	key   string
	until time.Time
}

func (d drains) Len() int           { return len(d) }
func (d drains) Less(i, j int) bool { return d[i].until.Before(d[j].until) }
func (d drains) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *drains) Push(x any)        { *d = append(*d, x.(drain)) }
func (d *drains) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

func (d *drains) add(key string, until time.Time) { heap.Push(d, drain{key, until}) }

// due takes the drains that end by at.
func (d *drains) due(at time.Time) (keys []string) {
	for len(*d) > 0 && !(*d)[0].until.After(at) {
		keys = append(keys, heap.Pop(d).(drain).key)
	}
	return keys
}

// untilDrain is the time until the next drain ends.
func (b *Balancer) untilDrain() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.drains) == 0 {
		return time.Hour
	}
	return max(b.drains[0].until.Sub(b.opts.Now()), time.Millisecond)
}

// endDrains removes the targets whose deregistration delay has passed.
func (b *Balancer) endDrains() {
	at := b.opts.Now()
	b.mu.Lock()
	keys := b.drains.due(at)
	b.mu.Unlock()
	if len(keys) == 0 {
		return
	}
	faultDrain.Hit()
	err := b.opts.Store.Update(func(tx *store.Tx) error {
		for _, key := range keys {
			endDrain(tx, key, at)
		}
		return nil
	})
	faultDrained.Hit()
	if err == nil {
		return
	}
	b.opts.Log.Error("targets stay draining", "err", err)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range keys {
		b.drains.add(key, at.Add(time.Second))
	}
}

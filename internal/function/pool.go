package function

import (
	"time"
)

// poolKey says what environments have in common: the same code with the same
// configuration.
type poolKey struct{ function, version, revision, digest string }

// pool is the environments of a version.
type pool struct {
	idle     []*environment // the last one was used last
	all      map[*environment]struct{}
	starting int
	retired  bool // no invocation may start here any more
}

func keyOf(v *Version) poolKey {
	return poolKey{v.Key(v.Name()), v.Number(), *v.Config.RevisionId, v.Digest}
}

// enter counts an invocation in, within the function's reserved concurrency and
// what this machine allows.
func (f *Functions) enter(fn *Function) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := fn.Key(fn.Name)
	switch {
	case f.closed:
		return ErrClosed
	case fn.Reserved != nil && f.inFlight[key] >= int(*fn.Reserved):
		return ErrReserved
	case f.busy >= f.opts.Concurrency:
		return ErrThrottled
	}
	f.inFlight[key]++
	f.busy++
	f.wg.Add(1)
	return nil
}

func (f *Functions) leave(fn *Function) {
	defer f.wg.Done()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy--
	key := fn.Key(fn.Name)
	if f.inFlight[key]--; f.inFlight[key] == 0 {
		delete(f.inFlight, key)
	}
}

// take returns a warm environment, or a new one whose init has begun.
func (f *Functions) take(v *Version) (*environment, error) {
	key := keyOf(v)
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil, ErrClosed
	}
	p := f.pools[key]
	if p == nil {
		p = &pool{all: map[*environment]struct{}{}}
		f.pools[key] = p
	}
	for len(p.idle) > 0 {
		e := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if e.usable(time.Now()) {
			f.mu.Unlock()
			return e, nil
		}
		e.kill()
	}
	f.evict()
	p.starting++
	f.mu.Unlock()

	e, err := f.launch(v, key)

	f.mu.Lock()
	defer f.mu.Unlock()
	p.starting--
	if err != nil {
		f.tidy(key, p)
		return nil, err
	}
	p.all[e] = struct{}{}
	f.wg.Go(e.watch)
	if f.closed {
		e.kill()
	}
	return e, nil
}

// evict ends the environment that was idle for longest when there are too many;
// the caller holds the lock.
func (f *Functions) evict() {
	count := 0
	var oldest *environment
	var home *pool
	for _, p := range f.pools {
		count += len(p.all) + p.starting
		if len(p.idle) > 0 && (oldest == nil || p.idle[0].used.Before(oldest.used)) {
			oldest, home = p.idle[0], p
		}
	}
	if count >= f.opts.Concurrency && oldest != nil {
		home.idle = home.idle[1:]
		oldest.kill()
	}
}

// giveBack keeps an environment warm for the next invocation.
func (f *Functions) giveBack(e *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.pools[e.key]
	if p == nil || p.retired || f.closed {
		e.kill()
		return
	}
	if _, alive := p.all[e]; !alive {
		return
	}
	e.used = time.Now()
	p.idle = append(p.idle, e)
}

// forget takes out an environment that has ended.
func (f *Functions) forget(e *environment) {
	f.mu.Lock()
	p := f.pools[e.key]
	delete(p.all, e)
	for i, other := range p.idle {
		if other == e {
			p.idle = append(p.idle[:i:i], p.idle[i+1:]...)
			break
		}
	}
	f.tidy(e.key, p)
	retired := p.retired && !f.closed
	f.mu.Unlock()
	if retired {
		f.collect()
	}
}

// tidy drops an empty pool; the caller holds the lock.
func (f *Functions) tidy(key poolKey, p *pool) {
	if len(p.all) == 0 && p.starting == 0 {
		delete(f.pools, key)
	}
}

// retire ends the idle environments of some pools now, and the busy ones after
// their invocation.
func (f *Functions) retire(which func(*poolKey) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, p := range f.pools {
		if !which(&key) {
			continue
		}
		p.retired = true
		for _, e := range p.idle {
			e.kill()
		}
		p.idle = nil
	}
}

// reap ends environments that were idle for long.
func (f *Functions) reap() {
	tick := time.NewTicker(max(f.opts.Idle/8, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case now := <-tick.C:
			f.mu.Lock()
			for _, p := range f.pools {
				for len(p.idle) > 0 && now.Sub(p.idle[0].used) > f.opts.Idle {
					p.idle[0].kill()
					p.idle = p.idle[1:]
				}
			}
			f.mu.Unlock()
		}
	}
}

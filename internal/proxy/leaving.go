package proxy

import "sync"

// leaving holds targets that are in no table any more but whose requests may
// still end.
type leaving struct {
	mu      sync.Mutex
	targets map[*target]struct{}
}

func (l *leaving) add(t *target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.targets == nil {
		l.targets = make(map[*target]struct{})
	}
	for old := range l.targets {
		if old.gone.Load() || old.layer4 && old.load.Load() == 0 {
			delete(l.targets, old)
		}
	}
	l.targets[t] = struct{}{}
}

// cutAll ends them all.
func (l *leaving) cutAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for t := range l.targets {
		t.cut()
	}
	l.targets = nil
}

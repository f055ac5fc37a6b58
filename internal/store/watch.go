package store

// Change is one committed change of a record.
type Change struct {
	Kind, ID string
	Old, New any // *T of the table; nil = absent
}

// Commit is what one durable transaction changed.
type Commit struct {
	Changes []Change
	Events  []Event
}

// Watch calls fn with every commit, in order, after it is durable, until stop is
// called. fn must return quickly and must not call Update: hand the work to a
// goroutine of your own.
func (s *Store) Watch(fn func(Commit)) (stop func()) {
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.nextWatch++
	id := s.nextWatch
	s.watchers[id] = fn
	return func() {
		s.watchMu.Lock()
		defer s.watchMu.Unlock()
		delete(s.watchers, id)
	}
}

func (s *Store) notify(c Commit) {
	if len(c.Changes) == 0 && len(c.Events) == 0 {
		return
	}
	s.watchMu.RLock()
	defer s.watchMu.RUnlock()
	for _, fn := range s.watchers {
		fn(c)
	}
}

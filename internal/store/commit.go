package store

import (
	"time"

	"github.com/google/btree"
)

// batch is a group of transactions that share one disk flush.
type batch struct {
	commits []Commit
	writes  []*write
	after   []func()
	done    chan struct{}
	err     error
}

func newBatch() *batch { return &batch{done: make(chan struct{})} }

// final is the last write of each record: the transactions of a batch become
// durable together, so what they wrote in between need not.
func (b *batch) final() []*write {
	last := make(map[[2]string]int, len(b.writes))
	for i, w := range b.writes {
		last[[2]string{w.kind, w.id}] = i
	}
	out := make([]*write, 0, len(last))
	for i, w := range b.writes {
		if last[[2]string{w.kind, w.id}] == i {
			out = append(out, w)
		}
	}
	return out
}

// Update runs fn and makes its changes durable, all or none. When fn returns an
// error, Update returns that error and nothing changed. fn must not block on
// anything but memory, and must not call Update.
func (s *Store) Update(fn func(*Tx) error) error {
	b, err := s.apply(fn)
	if err != nil || b == nil {
		return err
	}
	<-b.done
	return b.err
}

// apply runs fn on the head and queues its changes; a nil batch means that
// there was nothing to write.
func (s *Store) apply(fn func(*Tx) error) (*batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	tx := &Tx{trees: s.head, before: map[string]*btree.BTreeG[item]{}, writes: map[[2]string]*write{}}
	defer func() {
		if p := recover(); p != nil {
			tx.rollback()
			panic(p)
		}
	}()
	if err := fn(tx); err != nil {
		tx.rollback()
		return nil, err
	}
	if err := tx.encode(); err != nil {
		tx.rollback()
		return nil, err
	}
	if len(tx.order) == 0 && len(tx.events) == 0 {
		for _, f := range tx.deferfn {
			go f()
		}
		return nil, nil
	}
	b := s.pending
	c := Commit{}
	for _, w := range tx.order {
		c.Changes = append(c.Changes, Change{w.kind, w.id, w.old, w.new})
	}
	for _, e := range tx.events {
		s.seq++
		e.complete(s.seq, s.now())
		c.Events = append(c.Events, e)
	}
	b.commits = append(b.commits, c)
	b.writes = append(b.writes, tx.order...)
	b.after = append(b.after, tx.deferfn...)
	select {
	case s.kick <- struct{}{}:
	default:
	}
	return b, nil
}

// commitLoop flushes batches until Close.
func (s *Store) commitLoop() {
	defer close(s.done)
	for range s.kick {
		s.flush()
	}
	s.flush()
}

func (s *Store) flush() {
	s.mu.Lock()
	b := s.pending
	if len(b.commits) == 0 {
		s.mu.Unlock()
		return
	}
	s.pending = newBatch()
	snap := s.head.clone()
	seq := s.seq
	s.mu.Unlock()

	faultWrite.Hit()
	began := time.Now()
	err := s.disk.write(b, seq)
	if s.flushed != nil {
		s.flushed(time.Since(began), len(b.commits), err)
	}
	if err != nil {
		s.fail(b, err)
		return
	}
	faultWritten.Hit()
	s.durable.Store(&snap)
	s.lastSeq.Store(seq)
	close(b.done)
	for _, c := range b.commits {
		s.notify(c)
	}
	for _, f := range b.after {
		f()
	}
	faultTold.Hit()
}

// fail undoes a batch that could not be written, and everything built on it.
func (s *Store) fail(b *batch, err error) {
	s.mu.Lock()
	next := s.pending
	s.pending = newBatch()
	s.head = s.durable.Load().clone()
	s.seq = s.lastSeq.Load()
	s.mu.Unlock()
	for _, x := range []*batch{b, next} {
		x.err = err
		close(x.done)
	}
}

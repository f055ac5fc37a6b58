package store

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is returned by Update after Close.
var ErrClosed = errors.New("store: closed")

// Options of Open; the zero value is ready for use.
type Options struct {
	// KeepEvents is how many events the history keeps at least; 0 = 100,000.
	KeepEvents uint64
	// Now is the clock for event times; nil = time.Now.
	Now func() time.Time
	// Flushed hears how long each write to the disk took, of how many transactions,
	// and whether it failed; nil = nobody does. It must be quick.
	Flushed func(took time.Duration, transactions int, err error)
}

// Store is an open state directory. All methods are safe for concurrent use.
type Store struct {
	disk    *disk
	now     func() time.Time
	epoch   uint64
	flushed func(took time.Duration, transactions int, err error)

	mu      sync.Mutex // guards head, pending, closed
	head    trees
	pending *batch
	closed  bool

	durable atomic.Pointer[trees]
	lastSeq atomic.Uint64
	seq     uint64 // of the newest event in head; guarded by mu

	kick chan struct{}
	done chan struct{}

	watchMu   sync.RWMutex
	watchers  map[int]func(Commit)
	nextWatch int
}

// Open opens or creates the state in file path. Only one process may hold it:
// a second Open fails with a message that says so.
func Open(path string, opts Options) (*Store, error) {
	if opts.KeepEvents == 0 {
		opts.KeepEvents = 100_000
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	d, err := openDisk(path, opts.KeepEvents)
	if err != nil {
		return nil, err
	}
	head, err := d.load()
	if err != nil {
		d.close()
		return nil, err
	}
	s := &Store{
		disk: d, now: opts.Now, epoch: d.epoch, flushed: opts.Flushed, head: head, seq: d.lastSeq,
		pending: newBatch(), kick: make(chan struct{}, 1), done: make(chan struct{}),
		watchers: map[int]func(Commit){},
	}
	snap := head.clone()
	s.durable.Store(&snap)
	s.lastSeq.Store(d.lastSeq)
	go s.commitLoop()
	return s, nil
}

// Epoch grows with every Open of the same state. It fences off an earlier
// process that still believes it owns the state.
func (s *Store) Epoch() uint64 { return s.epoch }

// View runs fn on the durable state of one moment.
func (s *Store) View(fn func(*Tx)) {
	fn(&Tx{trees: *s.durable.Load(), readonly: true})
}

// Close flushes what is pending and closes the files.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.kick)
	<-s.done
	return s.disk.close()
}

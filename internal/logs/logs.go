package logs

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// Options of New; Dir and Store are required.
type Options struct {
	Dir   string // where the segments are
	Store *store.Store
	Log   *slog.Logger
	Now   func() time.Time // nil = time.Now
	// MaxBytes bounds all segments together; 0 = 8 GiB.
	MaxBytes int64
	// RemoveFinished deletes a followed file after Finish, when every line of
	// it is safe in its stream.
	RemoveFinished bool
}

// Store is the log store of one data directory. Use New, then Close.
type Store struct {
	opts  Options
	store *store.Store
	log   *slog.Logger

	mu       sync.Mutex
	journals map[string]*journal // by stream id
	tails    map[string]*tail    // by file
	closed   bool

	kick chan struct{} // a file was added or finished
	stop context.CancelFunc
	work sync.WaitGroup
}

// New opens the log store and goes on following the files that it followed.
func New(opts Options) (*Store, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = 8 << 30
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, err
	}
	l := &Store{
		opts: opts, store: opts.Store, log: opts.Log,
		journals: map[string]*journal{}, tails: map[string]*tail{}, kick: make(chan struct{}, 1),
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	l.resume()
	l.work.Go(func() { l.tailLoop(ctx) })
	l.work.Go(func() { l.retainLoop(ctx) })
	return l, nil
}

// Close reads what the followed files hold by now and ends. Following goes on
// with the next New.
func (l *Store) Close() error {
	l.mu.Lock()
	already := l.closed
	l.closed = true
	l.mu.Unlock()
	if already {
		return nil
	}
	l.stop()
	l.work.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, j := range l.journals {
		errs = append(errs, j.sync())
	}
	return errors.Join(errs...)
}

// now is the time in milliseconds.
func (l *Store) now() int64 { return l.opts.Now().UnixMilli() }

// journal is the open journal of a stream.
func (l *Store) journal(id string) (*journal, error) {
	l.mu.Lock()
	j, ok := l.journals[id]
	if !ok {
		j = &journal{dir: filepath.Join(l.opts.Dir, id)}
		l.journals[id] = j
	}
	l.mu.Unlock()
	return j, j.open()
}

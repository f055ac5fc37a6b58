package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Driver runs tasks on a Docker Engine. It implements runtime.Driver.
type Driver struct {
	opts    Options
	engine  *client.Client
	network network
	pauseID string // image of the pause container
	feed    *runtime.Feed
	loads   loads
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	work    sync.WaitGroup

	mu     sync.Mutex
	tasks  map[string]*task
	closed bool
}

var _ runtime.Driver = (*Driver)(nil)

// New connects to the Engine and takes over the tasks of an earlier driver of
// the same directory.
func New(opts Options) (*Driver, error) {
	if err := opts.fill(); err != nil {
		return nil, err
	}
	for _, dir := range []string{opts.Dir, filepath.Join(opts.Dir, "tasks"), filepath.Join(opts.Dir, "logs")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, &Error{Op: "open", Err: err}
		}
	}
	d := &Driver{opts: opts, feed: runtime.NewFeed(), tasks: map[string]*task{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	if err := d.open(); err != nil {
		d.Close()
		return nil, &Error{Op: "open", Err: err}
	}
	d.work.Go(d.sweep)
	return d, nil
}

func (d *Driver) open() (err error) {
	ctx, cancel := context.WithTimeout(d.ctx, time.Minute)
	defer cancel()
	if d.engine, err = connect(ctx, d.opts.Host); err != nil {
		return err
	}
	if err := d.mark(); err != nil {
		return err
	}
	if err := d.openNetwork(ctx); err != nil {
		return fmt.Errorf("make a network: %w", err)
	}
	if err := d.openPause(ctx); err != nil {
		return fmt.Errorf("make the pause image: %w", err)
	}
	return d.adopt(ctx)
}

// Name implements runtime.Driver.
func (d *Driver) Name() string { return "docker" }

var idPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$`)

// Start implements runtime.Driver.
func (d *Driver) Start(_ context.Context, spec runtime.Spec) error {
	if !idPattern.MatchString(spec.ID) {
		return &Error{Op: "start", Task: spec.ID, Err: errors.New("id is not a plain name")}
	}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return &Error{Op: "start", Task: spec.ID, Err: ErrClosed}
	}
	if _, ok := d.tasks[spec.ID]; ok {
		d.mu.Unlock()
		return nil
	}
	t := d.newTask(record{Spec: spec})
	d.tasks[spec.ID] = t
	d.mu.Unlock()
	if err := t.save(true); err != nil {
		d.drop(spec.ID)
		return &Error{Op: "start", Task: spec.ID, Err: err}
	}
	d.launch(t)
	return nil
}

// launch runs a task's goroutine, unless the driver is being closed.
func (d *Driver) launch(t *task) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.work.Go(t.life)
	}
}

func (d *Driver) drop(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.tasks, id)
	d.feed.Forget(id)
}

func (d *Driver) find(id string) (*task, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, ErrClosed
	}
	if t, ok := d.tasks[id]; ok {
		return t, nil
	}
	return nil, runtime.ErrNotFound
}

// Stop implements runtime.Driver.
func (d *Driver) Stop(_ context.Context, id string) error {
	t, err := d.find(id)
	if err != nil {
		return &Error{Op: "stop", Task: id, Err: err}
	}
	t.requestStop()
	return nil
}

// Remove implements runtime.Driver.
func (d *Driver) Remove(ctx context.Context, id string) error {
	t, err := d.find(id)
	if errors.Is(err, runtime.ErrNotFound) {
		return nil
	}
	if err == nil && t.snapshot().Phase != runtime.PhaseStopped {
		err = ErrRunning
	}
	if err == nil {
		select {
		case <-t.ended:
			err = t.free(ctx)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err != nil {
		return &Error{Op: "remove", Task: id, Err: err}
	}
	d.drop(id)
	return nil
}

// List implements runtime.Driver.
func (d *Driver) List(context.Context) ([]runtime.Status, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, &Error{Op: "list", Err: ErrClosed}
	}
	out := make([]runtime.Status, 0, len(d.tasks))
	for _, t := range d.tasks {
		out = append(out, t.snapshot())
	}
	return out, nil
}

// Watch implements runtime.Driver.
func (d *Driver) Watch(ctx context.Context) <-chan runtime.Status { return d.feed.Watch(ctx) }

// Close implements runtime.Driver: it lets go of the Engine and ends nothing.
func (d *Driver) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.work.Wait()
	d.feed.Close()
	if d.engine == nil {
		return nil
	}
	return d.engine.Close()
}

func (d *Driver) logsDir() string  { return filepath.Join(d.opts.Dir, "logs") }
func (d *Driver) tasksDir() string { return filepath.Join(d.opts.Dir, "tasks") }

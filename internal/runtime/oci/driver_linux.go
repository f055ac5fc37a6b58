package oci

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/cgroup"
	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
	"github.com/grue-ecs/grue/internal/runtime/oci/shimbinary"
)

// Driver runs tasks with an OCI runtime. It implements runtime.Driver.
type Driver struct {
	opts    Options
	runtime string // path
	parent  cgroup.Group
	log     *slog.Logger
	seccomp func() bool
	helper  func() string // path of the program that supervises tasks
	ports   *ports
	news    *runtime.Feed
	stderr  *os.File // of every shim
	ready   *ready   // shims started ahead

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu     sync.Mutex
	tasks  map[string]*task
	closed bool
}

var _ runtime.Driver = (*Driver)(nil)

// New opens the driver and takes over the tasks that its directory holds.
func New(opts Options) (*Driver, error) {
	if os.Geteuid() != 0 {
		return nil, &Error{Op: "open", Err: ErrPrivilege}
	}
	opts, err := withDefaults(opts)
	if err != nil {
		return nil, &Error{Op: "open", Err: err}
	}
	path, err := findRuntime(opts.Runtime)
	if err != nil {
		return nil, &Error{Op: "open", Err: err}
	}
	d := &Driver{
		opts: opts, runtime: path, parent: cgroup.Group("/" + strings.Trim(opts.CgroupParent, "/")),
		log: opts.Log, ports: newPorts(), news: runtime.NewFeed(), tasks: map[string]*task{},
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.seccomp = sync.OnceValue(d.probeSeccomp)
	d.helper = sync.OnceValue(d.findHelper)
	d.ready = newReady(d)
	for _, dir := range []string{d.tasksDir(), d.logsDir(), d.volumesDir(), shim.BundleDir(opts.Dir)} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return nil, &Error{Op: "open", Err: err}
		}
	}
	if d.stderr, err = os.OpenFile(filepath.Join(opts.Dir, "shim.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return nil, &Error{Op: "open", Err: err}
	}
	if err := d.makeBase(); err != nil {
		return nil, &Error{Op: "open", Err: err}
	}
	if err := d.adoptAll(); err != nil {
		d.Close()
		return nil, &Error{Op: "open", Err: err}
	}
	d.work.Go(func() { d.helper(); d.seccomp(); d.ready.fill() })
	d.work.Go(d.sweepLogs)
	return d, nil
}

func withDefaults(o Options) (Options, error) {
	abs, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, err
	}
	o.Dir = abs
	if o.Self == "" {
		if o.Self, err = os.Executable(); err != nil {
			return o, err
		}
	}
	if o.CgroupParent == "" {
		sum := sha256.Sum256([]byte(o.Dir))
		o.CgroupParent = "grue-" + hex.EncodeToString(sum[:3])
	}
	if o.PIDsLimit == 0 {
		o.PIDsLimit = 16384
	}
	if o.LogBytes <= 0 {
		o.LogBytes = 16 << 20
	}
	if o.LogFiles <= 0 {
		o.LogFiles = 3
	}
	if o.LogKeep <= 0 {
		o.LogKeep = 24 * time.Hour
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

func findRuntime(name string) (string, error) {
	names := []string{name}
	if name == "" {
		names = []string{"runc", "crun"}
	}
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", ErrNoRuntime
}

// findHelper chooses the program that supervises tasks.
func (d *Driver) findHelper() string {
	if d.opts.Helper != "" {
		return d.opts.Helper
	}
	path, err := shimbinary.Extract(filepath.Join(d.opts.Dir, "bin"))
	if err == nil && path != "" {
		err = checkHelper(path)
	}
	if err != nil {
		d.log.Warn("the supervisor program inside grue cannot be used; tasks will start more slowly", "err", err)
	}
	if err != nil || path == "" {
		return d.opts.Self
	}
	return path
}

// checkHelper makes sure that a program speaks our protocol.
func checkHelper(path string) error {
	out, err := exec.Command(path, "shim", "--protocol").Output()
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(out)); got != shim.Protocol {
		return fmt.Errorf("it has protocol %q instead of %q; build grue with make", got, shim.Protocol)
	}
	return nil
}

// probeSeccomp asks the OCI runtime whether it can filter system calls, and
// says once if it cannot.
func (d *Driver) probeSeccomp() bool {
	ctx, cancel := context.WithTimeout(d.ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, d.runtime, "--version").Output()
	text := strings.ToLower(string(out))
	ok := err != nil || strings.Contains(text, "seccomp")
	if !ok {
		d.log.Warn("the OCI runtime has no seccomp: containers may use every system call that their capabilities allow", "runtime", d.runtime)
	}
	return ok
}

// Name implements runtime.Driver.
// Watch implements runtime.Driver.
func (d *Driver) Watch(ctx context.Context) <-chan runtime.Status { return d.news.Watch(ctx) }

func (d *Driver) Name() string { return "oci" }

var idPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$`)

// Start implements runtime.Driver.
func (d *Driver) Start(ctx context.Context, spec runtime.Spec) error {
	if !idPattern.MatchString(spec.ID) {
		return &Error{Op: "start", Task: spec.ID, Err: fmt.Errorf("id is not a plain name")}
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
	t := d.newTask(spec)
	d.tasks[spec.ID] = t
	d.mu.Unlock()
	// The request survives a crash of this process from here on. It need not
	// survive power loss, which no task does.
	if err := os.Mkdir(t.dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		d.drop(spec.ID)
		return &Error{Op: "start", Task: spec.ID, Err: hint(err)}
	}
	faultSpec.Hit()
	if err := t.writeSpec(); err != nil {
		os.RemoveAll(t.dir)
		d.drop(spec.ID)
		return &Error{Op: "start", Task: spec.ID, Err: hint(err)}
	}
	faultSpecKept.Hit()
	t.set(t.status)
	d.work.Go(t.life)
	return nil
}

func (d *Driver) drop(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.tasks, id)
	d.news.Forget(id)
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
	if err != nil {
		return &Error{Op: "remove", Task: id, Err: err}
	}
	if t.snapshot().Phase != runtime.PhaseStopped {
		return &Error{Op: "remove", Task: id, Err: ErrRunning}
	}
	select {
	case <-t.ended: // the shim has cleaned up
	case <-ctx.Done():
		return &Error{Op: "remove", Task: id, Err: ctx.Err()}
	}
	if err := t.free(); err != nil {
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

// Close implements runtime.Driver: it lets go of the shims and ends nothing.
func (d *Driver) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.work.Wait()
	d.ready.close()
	d.news.Close()
	return d.stderr.Close()
}

func (d *Driver) tasksDir() string   { return filepath.Join(d.opts.Dir, "tasks") }
func (d *Driver) logsDir() string    { return filepath.Join(d.opts.Dir, "logs") }
func (d *Driver) volumesDir() string { return filepath.Join(d.opts.Dir, "volumes") }
func (d *Driver) baseDir() string    { return filepath.Join(d.opts.Dir, "base") }

// makeBase makes the lowest layer of every container: the places where
// something is always mounted. Without it the OCI runtime would make them in
// the writable layer, at every start.
func (d *Driver) makeBase() error {
	for _, dir := range []string{"proc", "sys", "dev", "etc"} {
		if err := os.MkdirAll(filepath.Join(d.baseDir(), dir), 0o755); err != nil {
			return err
		}
	}
	for _, f := range []string{"etc/hosts", "etc/hostname", "etc/resolv.conf"} {
		if err := os.WriteFile(filepath.Join(d.baseDir(), f), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sweepLogs removes the logs of tasks that have been gone for LogKeep.
func (d *Driver) sweepLogs() {
	tick := time.NewTicker(min(d.opts.LogKeep, time.Hour))
	defer tick.Stop()
	for {
		entries, _ := os.ReadDir(d.logsDir())
		for _, e := range entries {
			info, err := e.Info()
			if _, ferr := d.find(e.Name()); err == nil && errors.Is(ferr, runtime.ErrNotFound) && time.Since(info.ModTime()) > d.opts.LogKeep {
				os.RemoveAll(filepath.Join(d.logsDir(), e.Name()))
			}
		}
		select {
		case <-d.ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// hint adds what to do to errors that a person can mend.
func hint(err error) error {
	if err != nil && strings.Contains(err.Error(), "no space left on device") {
		return fmt.Errorf("%w; free disk space where grue's data directory is", err)
	}
	return err
}

package function

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/store"
)

// Credentials of a function's role.
type Credentials struct {
	AccessKey, Secret, Token string
	Expires                  time.Time // zero: never
}

// Options of New; Dir, Store and Logs are required.
type Options struct {
	Dir   string // of code and temporary files
	Store *store.Store
	Logs  *logs.Store
	// Endpoint is grue's own URL, for AWS_ENDPOINT_URL; "" leaves it out.
	Endpoint string
	CA       string // certificate file to trust at Endpoint; "" = those of the system
	// Credentials issues the keys that functions find in their environment;
	// nil gives them none.
	Credentials func(s arn.Scope, role, function string) (Credentials, error)
	// Containers runs functions of package type Image; nil: they are refused.
	Containers *Containers
	// Concurrency bounds the environments of all functions; 0 = 64.
	Concurrency int
	Idle        time.Duration // after which an idle environment ends; 0 = 5 minutes
	Init        time.Duration // what init may take; 0 = 10 seconds, as in AWS
	Minute      time.Duration // between the tries of an event; 0 = a minute
	Log         *slog.Logger
}

// Functions runs the functions of all accounts and regions.
type Functions struct {
	opts       Options
	log        *slog.Logger
	memory     *memoryLimits
	containers *containers // nil without Options.Containers

	mu       sync.Mutex
	closed   bool
	pools    map[poolKey]*pool
	inFlight map[string]int // invocations by function
	busy     int            // invocations of all functions

	codeMu sync.Mutex
	held   map[string]int // code that a request is about to use

	interpreterMu sync.Mutex
	interpreters  map[string]string

	wake   chan struct{} // the queue has something new
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // environments, invocations, the queue, the reaper
}

// New opens the functions of a directory and goes on with their events.
func New(o Options) (*Functions, error) {
	o.defaults()
	f := &Functions{
		opts: o, log: o.Log, pools: map[poolKey]*pool{}, inFlight: map[string]int{}, held: map[string]int{},
		interpreters: map[string]string{}, wake: make(chan struct{}, 1),
	}
	if err := f.prepare(); err != nil {
		return nil, err
	}
	f.memory = newMemoryLimits(o.Dir, o.Log)
	f.collect()
	if o.Containers != nil {
		f.containers = newContainers(*o.Containers, o.Log)
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	f.wg.Go(f.runQueue)
	f.wg.Go(f.reap)
	return f, nil
}

func (o *Options) defaults() {
	if o.Concurrency == 0 {
		o.Concurrency = 64
	}
	if o.Idle == 0 {
		o.Idle = 5 * time.Minute
	}
	if o.Init == 0 {
		o.Init = 10 * time.Second
	}
	if o.Minute == 0 {
		o.Minute = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if dir, err := filepath.Abs(o.Dir); err == nil {
		o.Dir = dir
	}
}

// prepare makes the directories; temporary files of an earlier run go.
func (f *Functions) prepare() error {
	if err := os.RemoveAll(filepath.Join(f.opts.Dir, "tmp")); err != nil {
		return fmt.Errorf("remove old temporary files of functions: %w", err)
	}
	for _, name := range []string{"code", "tmp", "runtime"} {
		if err := os.MkdirAll(filepath.Join(f.opts.Dir, name), 0o700); err != nil {
			return err
		}
	}
	for name, doc := range map[string][]byte{"client.py": clientPython, "client.mjs": clientNode} {
		if err := os.WriteFile(f.clientPath(name), doc, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Concurrency is how many environments there can be at once.
func (f *Functions) Concurrency() int { return f.opts.Concurrency }

// Close kills every function process and waits until nothing is left. Events
// that wait are kept.
func (f *Functions) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.cancel()
	f.retire(func(*poolKey) bool { return true })
	f.mu.Lock()
	for _, p := range f.pools {
		for e := range p.all {
			e.kill()
		}
	}
	f.mu.Unlock()
	if f.containers != nil {
		defer time.AfterFunc(driverTime, f.containers.giveUp).Stop()
	}
	f.wg.Wait()
	if f.containers != nil {
		f.containers.close()
	}
}

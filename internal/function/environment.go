package function

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
)

// environment is a process that serves one invocation at a time.
type environment struct {
	f       *Functions
	v       *Version
	key     poolKey
	dir     string // private: temporary files
	api     string // host:port of its Runtime API, as the process reaches it
	stream  string
	web     *http.Server
	process process
	out     *output
	journal *journal
	expires time.Time // of its credentials
	used    time.Time // guarded by Functions.mu

	work    chan *invocation
	started chan struct{} // closed when the process runs
	ready   chan struct{} // closed by the first call of next
	exited  chan struct{} // closed when the process has ended
	gone    chan struct{} // closed when everything is cleaned up

	mu       sync.Mutex
	isReady  bool
	invoked  bool
	began    time.Time // of init
	initTime time.Duration
	current  *invocation
	initFail *Result // what the runtime said to init/error
}

// launch starts an environment; its init goes on.
func (f *Functions) launch(v *Version, key poolKey) (*environment, error) {
	now := time.Now()
	e := &environment{
		f: f, v: v, key: key, began: now, used: now,
		stream: now.UTC().Format("2006/01/02/") + "[" + v.Number() + "]" + arn.NewHex(32),
		work:   make(chan *invocation), started: make(chan struct{}), ready: make(chan struct{}),
		exited: make(chan struct{}), gone: make(chan struct{}),
	}
	if err := e.start(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *environment) start() (err error) {
	if e.dir, err = os.MkdirTemp(filepath.Join(e.f.opts.Dir, "tmp"), "env-"); err != nil {
		return err
	}
	undo := []func(){func() { os.RemoveAll(e.dir) }}
	defer func() {
		if err != nil {
			for _, fn := range undo {
				fn()
			}
		}
	}()
	begin, address, name := startHost, "127.0.0.1", ""
	if e.v.Image() {
		if e.f.containers == nil {
			return &startError{badEntrypoint, noContainers}
		}
		begin, address, name = startContainer, e.f.containers.opts.Listen, e.f.containers.opts.Host
	}
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return err
	}
	undo = append(undo, func() { l.Close() })
	e.api = l.Addr().String()
	if name != "" {
		e.api = fmt.Sprintf("%s:%d", name, l.Addr().(*net.TCPAddr).Port)
	}
	e.journal = newJournal(e.f, e.v.Scope, *e.v.Config.LoggingConfig.LogGroup, e.stream)
	undo = append(undo, e.journal.close)
	e.out = &output{journal: e.journal}
	if e.process, err = begin(e); err != nil {
		return err
	}
	e.serve(l)
	return nil
}

// serve answers the Runtime API until the web server is closed by watch.
func (e *environment) serve(l net.Listener) {
	e.web = &http.Server{Handler: e.own(e.routes()), ReadHeaderTimeout: 10 * time.Second}
	e.f.wg.Go(func() {
		if err := e.web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			e.f.log.Error("runtime API ended", "function", e.v.Name(), "err", err)
			e.kill()
		}
	})
}

// watch cleans up after the process, however it ended.
func (e *environment) watch() {
	<-e.exited
	e.process.release()
	e.web.Close()
	e.journal.close()
	if err := os.RemoveAll(e.dir); err != nil {
		e.f.log.Warn("temporary files of a function not removed", "function", e.v.Name(), "err", err)
	}
	close(e.gone)
	e.f.forget(e)
}

// kill ends the process and its children; watch does the rest.
func (e *environment) kill() { e.process.kill() }

// usable tells whether the environment can take another invocation: it lives,
// and its credentials outlast the longest invocation.
func (e *environment) usable(now time.Time) bool {
	return e.alive() && (e.expires.IsZero() || now.Add(15*time.Minute).Before(e.expires))
}

func (e *environment) alive() bool {
	select {
	case <-e.exited:
		return false
	default:
		return true
	}
}

// busy tells whether the process has something to do.
func (e *environment) busy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.isReady || e.current != nil
}

// fresh tells, once, that no invocation came before.
func (e *environment) fresh() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := e.invoked
	e.invoked = true
	return !was
}

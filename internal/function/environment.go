package function

import (
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
	api     string // host:port of its Runtime API
	stream  string
	web     *http.Server
	cmd     *exec.Cmd
	limit   *memoryLimit
	out     *output
	journal *journal
	expires time.Time // of its credentials
	began   time.Time
	used    time.Time // guarded by Functions.mu

	work   chan *invocation
	ready  chan struct{} // closed by the first call of next
	exited chan struct{} // closed when the process has ended
	gone   chan struct{} // closed when everything is cleaned up

	mu       sync.Mutex
	isReady  bool
	invoked  bool
	initTime time.Duration
	current  *invocation
	initFail *Result // what the runtime said to init/error
}

// launch starts an environment; its init goes on.
func (f *Functions) launch(v *Version, key poolKey) (*environment, error) {
	argv, err := f.command(v)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	e := &environment{
		f: f, v: v, key: key, began: now, used: now,
		stream: now.UTC().Format("2006/01/02/") + "[" + v.Number() + "]" + arn.NewHex(32),
		work:   make(chan *invocation), ready: make(chan struct{}), exited: make(chan struct{}), gone: make(chan struct{}),
	}
	if err := e.start(argv); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *environment) start(argv []string) (err error) {
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	undo = append(undo, func() { l.Close() })
	e.api = l.Addr().String()
	if e.cmd, err = e.command(argv); err != nil {
		return err
	}
	e.journal = newJournal(e.f, e.v.Scope, *e.v.Config.LoggingConfig.LogGroup, e.stream)
	undo = append(undo, e.journal.close)
	if e.out, err = newOutput(e.journal); err != nil {
		return err
	}
	undo = append(undo, e.out.close)
	e.cmd.Stdout, e.cmd.Stderr = e.out.w, e.out.w
	e.limit = e.f.memory.limit(filepath.Base(e.dir), int(*e.v.Config.MemorySize))
	undo = append(undo, e.limit.remove)
	if err = startProcess(e.cmd, e.limit, e.exited); err != nil {
		return &startError{"Runtime.InvalidEntrypoint", err.Error()}
	}
	e.out.start()
	e.serve(l)
	return nil
}

// serve answers the Runtime API until the web server is closed by watch.
func (e *environment) serve(l net.Listener) {
	e.web = &http.Server{Handler: e.routes(), ReadHeaderTimeout: 10 * time.Second}
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
	e.kill() // whatever the process left behind
	e.web.Close()
	e.out.close()
	e.journal.close()
	e.limit.remove()
	if err := os.RemoveAll(e.dir); err != nil {
		e.f.log.Warn("temporary files of a function not removed", "function", e.v.Name(), "err", err)
	}
	close(e.gone)
	e.f.forget(e)
}

// kill ends the process and its children; watch does the rest.
func (e *environment) kill() {
	select {
	case <-e.gone: // its process id may be another's by now
		return
	default:
	}
	killGroup(e.cmd.Process.Pid)
	e.limit.kill()
}

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

// exit words how the process ended, as AWS does.
func (e *environment) exit() string {
	s := e.cmd.ProcessState
	if s == nil || s.Success() {
		return "Runtime exited without providing a reason"
	}
	if s.Exited() {
		return "Runtime exited with error: exit status " + strconv.Itoa(s.ExitCode())
	}
	return "Runtime exited with error: " + s.String()
}

// fresh tells, once, that no invocation came before.
func (e *environment) fresh() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := e.invoked
	e.invoked = true
	return !was
}

package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/listening"
)

// upCmd is `grue up`.
type upCmd struct {
	Listen string `help:"Address of the API. An address other than loopback is served with TLS." default:"127.0.0.1:4566" env:"GRUE_LISTEN" placeholder:"HOST:PORT"`
	serverFlags
	logFlags
}

// How long the parts may take to end; together less than the 10 s that `grue up`
// promises.
const (
	serverGrace = 7500 * time.Millisecond
	proxyGrace  = 1500 * time.Millisecond
	hurryGrace  = 1500 * time.Millisecond // of each, after a second signal
	lockGrace   = 300 * time.Millisecond  // for the up before us to be gone
)

// Run is the whole life of `grue up`.
func (c *upCmd) Run(s *streams) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := makeDataDir(c.Data); err != nil {
		return err
	}
	stopping := stopSignals()
	held, err := c.lock()
	if err != nil {
		return err
	}
	defer held.release()
	port, err := c.listen()
	if err != nil {
		return err
	}
	defer port.Close()
	if err := held.say(holder{Listen: c.Listen, URL: apiURL(port.Addr(), c.tls(port.Addr()))}); err != nil {
		return explainDir(c.Data, err)
	}
	u := &upRun{cmd: c, streams: s, log: c.keptLogger(os.Stderr, c.Data, "up"), addr: port.Addr(), failed: make(chan error, 1)}
	if u.self, err = selfPath(); err != nil {
		return err
	}
	if u.port, err = port.(*net.TCPListener).File(); err != nil {
		return err
	}
	defer u.port.Close()
	return u.live(stopping)
}

// lock takes the data directory; a grue that is just ending is waited for.
func (c *upCmd) lock() (*lock, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lockGrace)
	defer cancel()
	held, other, err := awaitLock(ctx, c.Data, "up", holder{Listen: c.Listen})
	if other != nil {
		return nil, explainInUse(c.Data, other)
	}
	return held, err
}

func (c *upCmd) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, explainListen(c.Listen, err)
	}
	return l, nil
}

// upRun is a running `grue up`.
type upRun struct {
	cmd     *upCmd
	streams *streams
	log     *slog.Logger
	self    string
	addr    net.Addr
	port    *os.File // the API's socket: open while the server restarts
	failed  chan error

	server, proxy *keeper
	readyOnce     sync.Once
	watchers      sync.WaitGroup // whenReady, one for each server
}

// live keeps server and proxy alive until a signal arrives or the server cannot
// start at all.
func (u *upRun) live(stopping <-chan os.Signal) error {
	// The proxy's listening sockets stay open here while it restarts.
	sockets, err := keepSockets(filepath.Join(u.cmd.Data, "proxy"), u.log)
	if err != nil {
		return explainDir(u.cmd.Data, err)
	}
	defer sockets.Close()
	u.server = &keeper{name: "server", log: u.log, start: u.startServer, lost: u.serverLost}
	u.proxy = &keeper{name: "proxy", log: u.log, start: u.startProxy}
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { _ = u.proxy.run(ctx) })
	parts.Go(func() {
		if err := u.server.run(ctx); err != nil {
			u.failed <- err
		}
	})
	select {
	case sig := <-stopping:
		u.log.Info("stopping", "signal", sig.String(), "keep_tasks", u.cmd.KeepTasks)
	case err = <-u.failed:
	}
	cancel()
	parts.Wait()
	u.stop(stopping, err != nil)
	return err
}

// keepSockets holds the sockets of the proxies that use dir.
func keepSockets(dir string, log *slog.Logger) (*listening.Keeper, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return listening.Keep(filepath.Join(dir, listening.File), log)
}

// stop ends the server, which stops the tasks, and then the proxy, so that tasks
// drain while it still serves. A second signal makes it quick.
func (u *upRun) stop(stopping <-chan os.Signal, failed bool) {
	hurry := make(chan struct{})
	over := make(chan struct{})
	var second sync.WaitGroup
	second.Go(func() {
		if again(stopping, over, sameSignal) {
			close(hurry)
		}
	})
	defer second.Wait()
	defer close(over)
	defer u.watchers.Wait()
	if !u.server.stop(serverGrace, hurry) && !u.cmd.KeepTasks {
		u.log.Warn("tasks may still be running", "remove_them_with", "grue down --data "+u.cmd.Data)
	}
	if u.cmd.KeepTasks && !failed {
		u.log.Info("proxy and tasks go on serving", "data", u.cmd.Data,
			"resume_with", "grue up", "remove_them_with", "grue down --data "+u.cmd.Data)
		return
	}
	u.proxy.stop(proxyGrace, hurry)
}

// sameSignal is how close a second signal may be and still be the first: a
// terminal, make and timeout signal the group and its first process.
const sameSignal = 500 * time.Millisecond

// again waits for a signal that was meant as a second one.
func again(stopping <-chan os.Signal, over <-chan struct{}, same time.Duration) bool {
	for first := time.Now(); ; {
		select {
		case <-stopping:
			if time.Since(first) > same {
				return true
			}
		case <-over:
			return false
		}
	}
}

func (u *upRun) startServer() (*process, error) {
	args := append([]string{"server", "--listen", u.addr.String(), "--listen-fd", "3", "--ready-fd", "4", "--life-fd", "5"},
		u.cmd.serverFlags.args()...)
	p, err := spawn(spec{
		self: u.self, args: append(args, u.cmd.logFlags.args()...),
		files: []*os.File{u.port}, says: true, life: true,
	}, os.Stderr)
	if err != nil {
		return nil, err
	}
	u.log.Debug("server started", "pid", p.pid)
	u.watchers.Go(func() { u.whenReady(p) })
	return p, nil
}

// whenReady prints the one line that scripts wait for, at the first start only. It
// ends with the process.
func (u *upRun) whenReady(p *process) {
	select {
	case <-p.ready:
	case <-p.done:
		return
	}
	first := false
	u.readyOnce.Do(func() {
		first = true
		fmt.Fprintf(u.streams.out, "grue ready %s\n", apiURL(u.addr, u.cmd.tls(u.addr)))
		shrink()
	})
	u.log.Info("server ready", "pid", p.pid, "first", first)
}

// serverLost ends everything when the server says by itself that it cannot run
// and never did: starting it again would say the same.
func (u *upRun) serverLost(p *process) error {
	if !p.wasReady() && p.code > 0 {
		never := false
		u.readyOnce.Do(func() { never = true })
		if never {
			return silent(exitError) // the server has told why
		}
	}
	return nil
}

// startProxy adopts the proxy that an earlier `grue up` left, if it is of this
// build. Otherwise it starts one, to which an older proxy hands over.
func (u *upRun) startProxy() (*process, error) {
	if p, who := findProxy(u.cmd.Data); p != nil {
		if who.Build == buildID() {
			u.log.Info("adopted the running proxy", "pid", p.pid)
			return p, nil
		}
		u.log.Info("replacing a proxy of another build", "pid", p.pid)
	}
	args := append([]string{"proxy", "--data", u.cmd.Data}, u.cmd.logFlags.args()...)
	return spawn(spec{self: u.self, args: args}, os.Stderr)
}

// stopSignals delivers what should end a verb. SIGPIPE is ignored, for the reader
// of our log may go before us.
func stopSignals() <-chan os.Signal {
	signal.Ignore(syscall.SIGPIPE)
	c := make(chan os.Signal, 2)
	signal.Notify(c, syscall.SIGTERM, os.Interrupt, syscall.SIGHUP)
	return c
}

// selfPath is the path of this binary, for children.
func selfPath() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("cannot tell where the grue binary is: %w", err)
	}
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	return path, nil
}

package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/grue-ecs/grue/internal/server"
)

// serverCmd is `grue server`.
type serverCmd struct {
	Listen string `help:"Address of the API." default:"127.0.0.1:4566" env:"GRUE_LISTEN" placeholder:"HOST:PORT"`
	serverFlags
	logFlags
	ListenFD int `hidden:"" help:"Listening socket, opened by grue up."`
	ReadyFD  int `hidden:"" help:"Pipe to write one byte to when ready."`
	LifeFD   int `hidden:"" help:"Pipe whose end means that grue up is gone."`
}

// Run is the life of the control plane.
func (c *serverCmd) Run(s *streams) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := makeDataDir(c.Data); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE)
	if err := armFaults(); err != nil {
		return err
	}
	log := c.keptLogger(os.Stderr, c.Data, "server")
	c.watchLife(log)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt, syscall.SIGHUP)
	defer stop()
	hurry := make(chan struct{})
	go secondSignal(ctx, hurry) // ends with the process
	held, err := c.lock(ctx)
	if err != nil {
		return err
	}
	defer held.release()
	l, err := c.listener()
	if err != nil {
		return err
	}
	local, err := listenLocal(c.Data)
	if err != nil {
		return err
	}
	defer local.Close()
	self, err := selfPath()
	if err != nil {
		return err
	}
	return server.Run(ctx, server.Options{
		Listener: l, Local: local, Data: c.Data, Region: c.Region, Account: c.Account,
		Runtime: c.Runtime, OCIRuntime: c.OCIRuntime, Minute: c.Minute, PublicURL: c.PublicURL, NLBDelay: c.NLBDelay, KeepTasks: c.KeepTasks, Hurry: hurry,
		Self: self, Ready: c.sayReady, Log: log, MetricsToken: c.Metrics,
	})
}

// secondSignal closes hurry when another signal follows the one that ended ctx.
func secondSignal(ctx context.Context, hurry chan<- struct{}) {
	<-ctx.Done()
	c := make(chan os.Signal, 2)
	signal.Notify(c, syscall.SIGTERM, os.Interrupt, syscall.SIGHUP)
	if again(c, nil, sameSignal/2) { // grue up has waited already
		close(hurry)
	}
}

// lock keeps a second server out of the data directory; one that is just ending
// is waited for.
func (c *serverCmd) lock(ctx context.Context) (*lock, error) {
	wait, cancel := context.WithTimeout(ctx, serverGrace)
	defer cancel()
	held, other, err := awaitLock(wait, c.Data, "server", holder{Listen: c.Listen})
	if other != nil {
		return nil, explainInUse(c.Data, other)
	}
	return held, err
}

// listener is the socket that grue up opened, or one of our own; with TLS where
// it is due.
func (c *serverCmd) listener() (net.Listener, error) {
	var l net.Listener
	var err error
	if c.ListenFD > 0 {
		f := os.NewFile(uintptr(c.ListenFD), "listener")
		l, err = net.FileListener(f)
		f.Close()
	} else if l, err = net.Listen("tcp", c.Listen); err != nil {
		err = explainListen(c.Listen, err)
	}
	if err != nil {
		return nil, err
	}
	if !c.tls(l.Addr()) {
		return l, nil
	}
	return c.withTLS(l)
}

// watchLife ends this process when grue up is gone, at once: state is on disk,
// and tasks and proxy are other processes, which go on.
func (c *serverCmd) watchLife(log *slog.Logger) {
	if c.LifeFD <= 0 {
		return
	}
	life := os.NewFile(uintptr(c.LifeFD), "life line")
	go func() { // ends with the process
		var b [1]byte
		_, _ = life.Read(b[:])
		log.Warn("grue up is gone: the server ends, proxy and tasks go on")
		os.Exit(exitError)
	}()
}

// sayReady tells grue up, or a person.
func (c *serverCmd) sayReady() {
	shrink()
	if c.ReadyFD <= 0 {
		return
	}
	f := os.NewFile(uintptr(c.ReadyFD), "ready")
	fmt.Fprint(f, "\n")
	f.Close()
}

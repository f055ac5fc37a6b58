package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// stopBudget bounds the orderly stop of tasks, so that `grue up` ends within 10 s.
const stopBudget = 5 * time.Second

// Options of Run.
type Options struct {
	Listener   net.Listener
	Local      net.Listener // the API for the owner of Data alone, who needs no key; nil = none
	Data       string       // directory of everything that grue owns
	Region     string       // default of requests that name none
	Account    string
	Runtime    string          // auto, oci or docker
	OCIRuntime string          // runc, crun, … or a path
	Minute     time.Duration   // length of a minute
	NLBDelay   time.Duration   // after each change of a network load balancer's weights, in AWS's minutes
	PublicURL  string          // what links begin with that people get; "" = that of the listener
	KeepTasks  bool            // leave tasks running at the end
	Hurry      <-chan struct{} // closed when the tasks are to be killed at the end, not stopped
	Self       string          // path of the grue binary, for shims
	// MetricsToken is a file with the token that GET /metrics wants from other
	// machines; "" = it answers on this machine alone.
	MetricsToken string
	Ready        func() // called once every API answers
	Log          *slog.Logger
}

// Run serves until ctx ends. Then it stops the tasks, unless KeepTasks is set,
// and returns.
func Run(ctx context.Context, o Options) error {
	s, err := build(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()

	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var wg sync.WaitGroup
	failed := make(chan error, 16) // one for each that can fail
	background := func(fn func(context.Context) error) {
		wg.Go(func() {
			if err := fn(work); err != nil && work.Err() == nil {
				failed <- err
			}
		})
	}
	background(s.balancer.Run)
	background(s.engine.Run)
	background(s.mesh.Run)
	background(s.watcher.Run)
	background(s.scaler.Run)
	background(s.queues.Run)
	background(s.topics.Run)
	background(s.notifier.Run)
	background(s.buses.Run)
	background(s.usage.Run)
	background(s.serveMetadata)
	background(s.housekeeping)
	front := s.httpServer()
	serve := func(l net.Listener) {
		if err := front.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}
	wg.Go(func() { serve(o.Listener) })
	for _, l := range []net.Listener{s.inside, o.Local} {
		if l != nil {
			wg.Go(func() { serve(l) })
		}
	}
	if o.Ready != nil {
		o.Ready()
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	s.shutdown(front, o.KeepTasks, o.Hurry)
	stopWork()
	wg.Wait()
	return err
}

// shutdown ends the API first, so that nothing new begins, then the tasks.
func (s *server) shutdown(front *http.Server, keep bool, hurry <-chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), stopBudget)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer cancel()
	watch.Go(func() {
		select {
		case <-hurry:
			cancel()
		case <-ctx.Done():
		}
	})
	s.events.close()
	s.web.Close() // ends the streams of dashboards
	s.console.Stop()
	s.queues.Stop() // long polls answer that nothing came
	quick, done := context.WithTimeout(ctx, 500*time.Millisecond)
	defer done()
	if front.Shutdown(quick) != nil {
		front.Close()
	}
	if keep {
		return
	}
	if err := s.engine.Shutdown(ctx); err != nil {
		s.log.Warn("tasks that did not end in time are killed", "err", err)
		s.killTasks()
	}
}

package oci

import (
	"net"
	"os"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

// ahead is how many shims wait for a task. Starting a process is a tenth of
// what the start of a task takes.
const ahead = 2

// refillAfter keeps the making of the next one out of the way of the task that
// is starting: it would compete with it for processors.
const refillAfter = 100 * time.Millisecond

// ready holds shims that were started ahead. They end by themselves when this
// process does.
type ready struct {
	d       *Driver
	mu      sync.Mutex
	conns   []*net.UnixConn
	filling bool
	closed  bool
}

func newReady(d *Driver) *ready { return &ready{d: d} }

// give hands a task to a waiting shim, if there is one.
func (r *ready) give(dir string, lock, watch *os.File) bool {
	for {
		r.mu.Lock()
		if len(r.conns) == 0 {
			r.mu.Unlock()
			r.refill()
			return false
		}
		conn := r.conns[0]
		r.conns = r.conns[1:]
		r.mu.Unlock()
		err := shim.SendJob(conn, dir, lock, watch)
		conn.Close()
		if err == nil {
			r.refill()
			return true
		}
	}
}

// refill starts new ones behind the caller's back.
func (r *ready) refill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.filling || r.closed {
		return
	}
	r.filling = true
	r.d.work.Go(r.fill)
}

func (r *ready) fill() {
	select {
	case <-r.d.ctx.Done():
	case <-time.After(refillAfter):
	}
	for {
		r.mu.Lock()
		if r.closed || len(r.conns) >= ahead || r.d.ctx.Err() != nil {
			r.filling = false
			r.mu.Unlock()
			return
		}
		r.filling = true
		r.mu.Unlock()
		conn, err := r.start()
		r.mu.Lock()
		if err != nil || r.closed {
			if err != nil {
				r.d.log.Warn("cannot start a supervisor ahead", "err", err)
			} else {
				conn.Close()
			}
			r.filling = false
			r.mu.Unlock()
			return
		}
		r.conns = append(r.conns, conn)
		r.mu.Unlock()
	}
}

func (r *ready) start() (*net.UnixConn, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	defer theirs.Close()
	cmd := r.d.shimCommand(r.d.helper(), "--wait", shim.BundleDir(r.d.opts.Dir))
	cmd.ExtraFiles = []*os.File{theirs}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go cmd.Wait() // it may outlive us, with a task
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil
}

// close lets those that wait go.
func (r *ready) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

package cli

import (
	"context"
	"log/slog"
	"sync"
	"syscall"
	"time"
)

// keeper keeps one process alive: it starts or adopts it, waits for its end, and
// starts it again.
type keeper struct {
	name  string
	start func() (*process, error)
	log   *slog.Logger
	// lost is called with each process that ended; an error ends the keeper
	// and is its result.
	lost func(*process) error

	mu  sync.Mutex
	now *process
}

// run returns when ctx ends, with the process left running, or with the error
// of lost.
func (k *keeper) run(ctx context.Context) error {
	var b backoff
	for ctx.Err() == nil {
		began := time.Now()
		p, err := k.start()
		if err != nil {
			wait := b.next(0, false)
			k.log.Error("cannot start", "child", k.name, "err", err, "again_in", wait)
			sleep(ctx, wait)
			continue
		}
		k.set(p)
		select {
		case <-ctx.Done():
			return nil
		case <-p.done:
		}
		if k.lost != nil && ctx.Err() == nil {
			if err := k.lost(p); err != nil {
				return err
			}
		}
		wait := b.next(time.Since(began), p.wasReady())
		k.log.Warn("ended; starting it again", "child", k.name, "pid", p.pid, "how", p.end, "wait", wait)
		sleep(ctx, wait)
	}
	return nil
}

func (k *keeper) set(p *process) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now = p
}

// process is the newest one; nil before the first.
func (k *keeper) process() *process {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now
}

// stop ends the process after run has returned: SIGTERM, then SIGKILL after
// grace. When hurry is closed it is asked once more, to kill its tasks instead of
// stopping them. It tells whether the process ended by itself.
func (k *keeper) stop(grace time.Duration, hurry <-chan struct{}) bool {
	p := k.process()
	if p == nil {
		return true
	}
	p.signal(syscall.SIGTERM)
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-p.done:
		return true
	case <-late.C:
	case <-hurry:
		p.signal(syscall.SIGTERM)
		late.Reset(hurryGrace)
		select {
		case <-p.done:
			return true
		case <-late.C:
		}
	}
	k.log.Warn("did not end in time; killed", "child", k.name, "pid", p.pid)
	p.signal(syscall.SIGKILL)
	<-p.done
	return false
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

package scale

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// Options of New. Store, Watcher and SetDesired are required.
type Options struct {
	Store   *store.Store
	Watcher *watch.Watcher
	// SetDesired changes the desired count of a service by the rules of UpdateService,
	// and adds a service event. An error says why it cannot be, and changes nothing.
	SetDesired func(tx *store.Tx, svc *state.Service, n int, event string) error
	Minute     time.Duration // 0 = 60 s
	Now        func() time.Time
	Log        *slog.Logger
}

// Scaler scales services. Use New, then Run once.
type Scaler struct {
	opts Options
	wake chan struct{}

	mu sync.Mutex
	// last is when a policy last acted on an alarm, also without changing anything.
	last map[string]time.Time
	// eager tells that tasks and services are to be watched, too.
	eager bool
}

// New returns a Scaler.
func New(o Options) *Scaler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Minute == 0 {
		o.Minute = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Scaler{opts: o, wake: make(chan struct{}, 1), last: map[string]time.Time{}}
}

const (
	// pause is the least time between two looks.
	pause = 20 * time.Millisecond
	// idle is the longest.
	idle = time.Hour
)

// Run scales until ctx ends.
func (s *Scaler) Run(ctx context.Context) error {
	stop := s.opts.Store.Watch(s.committed)
	defer stop()
	for {
		wait, err := s.Look()
		if err != nil {
			s.opts.Log.Error("services not scaled", "err", err)
			wait = time.Second
		}
		if !s.sleep(ctx, pause, nil) || !s.sleep(ctx, wait-pause, s.wake) {
			return nil
		}
	}
}

// sleep waits for a time or to be woken; it is false when ctx has ended.
func (s *Scaler) sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-wake:
	}
	return true
}

// committed wakes the loop for what may give it something to do.
func (s *Scaler) committed(c store.Commit) {
	s.mu.Lock()
	eager := s.eager
	s.mu.Unlock()
	kinds := []string{Targets.Kind(), Policies.Kind(), Scheduleds.Kind(), watch.Alarms.Kind()}
	if eager {
		kinds = append(kinds, state.Services.Kind(), state.Tasks.Kind())
	}
	if slices.ContainsFunc(c.Changes, func(x store.Change) bool { return slices.Contains(kinds, x.Kind) }) {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// acted remembers that a policy had its turn.
func (s *Scaler) acted(d trigger, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[d.key()] = now
}

func (d trigger) key() string { return d.policy.Key() + "|" + d.alarm.Name }

// turn is when a policy is to act again on an alarm that stays in its state.
func (s *Scaler) turn(d trigger) time.Time {
	s.mu.Lock()
	last := s.last[d.key()]
	s.mu.Unlock()
	if d.policy.Acted.After(last) {
		last = d.policy.Acted
	}
	if d.alarm.Transitioned.After(last) {
		return d.alarm.Transitioned
	}
	return last.Add(s.opts.Minute)
}

package servicediscovery

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Store is required.
type Options struct {
	Store *store.Store
	// Settle waits until names that were committed are answered, or for a moment;
	// nil = not at all.
	Settle func()
	// Instance tells the private address of an EC2 instance; nil = there are none.
	Instance func(s arn.Scope, id string) (ip string, ok bool)
	Now      func() time.Time // nil = time.Now
}

// Service is AWS Cloud Map.
type Service struct {
	store    *store.Store
	settle   func()
	instance func(s arn.Scope, id string) (string, bool)
	now      func() time.Time
}

// New returns the service.
func New(o Options) *Service {
	s := &Service{store: o.Store, settle: o.Settle, instance: o.Instance, now: o.Now}
	if s.settle == nil {
		s.settle = func() {}
	}
	if s.instance == nil {
		s.instance = func(arn.Scope, string) (string, bool) { return "", false }
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:           "servicediscovery",
		Protocols:      []wire.Protocol{wire.JSON11},
		TargetPrefixes: []string{"Route53AutoNaming_v20170314"},
	}
}

func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// update runs fn in a transaction, words its error as AWS does, and waits until
// names that changed are answered.
func (s *Service) update(fn func(tx *store.Tx) error) error {
	if err := s.store.Update(fn); err != nil {
		return worded(err)
	}
	s.settle()
	return nil
}

// view runs fn on the state and words its error as AWS does.
func (s *Service) view(fn func(tx *store.Tx) error) (err error) {
	s.store.View(func(tx *store.Tx) { err = fn(tx) })
	return worded(err)
}

package sns

import (
	"context"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; both are required.
type Options struct {
	Store  *store.Store
	Topics *topic.Topics
}

// Service is Amazon SNS.
type Service struct {
	store  *store.Store
	topics *topic.Topics
}

// New returns the service.
func New(o Options) *Service { return &Service{store: o.Store, topics: o.Topics} }

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:          "sns",
		Protocols:     []wire.Protocol{wire.Query},
		Version:       "2010-03-31",
		Namespace:     "http://sns.amazonaws.com/doc/2010-03-31/",
		InternalError: "InternalError",
		Unsigned:      []string{"ConfirmSubscription", "Unsubscribe"},
	}
}

func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// signed tells whether the request carried a signature.
func signed(ctx context.Context) bool { return wire.CallerFrom(ctx).ARN != "" }

// update runs fn in a transaction and words its error as AWS does.
func (s *Service) update(fn func(tx *store.Tx) error) error { return worded(s.store.Update(fn)) }

// view runs fn on the state and words its error as AWS does.
func (s *Service) view(fn func(tx *store.Tx) error) (err error) {
	s.store.View(func(tx *store.Tx) { err = fn(tx) })
	return worded(err)
}

package cloudwatch

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New. Store, Metrics and Watcher are required.
type Options struct {
	Store   *store.Store
	Metrics *metric.Store
	Watcher *watch.Watcher
	Now     func() time.Time
}

// Service is Amazon CloudWatch.
type Service struct{ o Options }

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:            "monitoring",
		Protocols:       []wire.Protocol{wire.CBOR, wire.JSON10, wire.Query},
		TargetPrefixes:  []string{"GraniteServiceVersion20100801"},
		Version:         "2010-08-01",
		Namespace:       "http://monitoring.amazonaws.com/doc/2010-08-01/",
		ErrorCode:       queryCode,
		QueryCompatible: true,
		InternalError:   "InternalServiceFault",
	}
}

func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// get returns a value that an AWS struct may leave out.
func get[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

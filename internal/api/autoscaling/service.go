package autoscaling

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Store and Scaler are required.
type Options struct {
	Store  *store.Store
	Scaler *scale.Scaler
	Now    func() time.Time
}

// Service is Application Auto Scaling.
type Service struct {
	store  *store.Store
	scaler *scale.Scaler
	now    func() time.Time
}

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{store: o.Store, scaler: o.Scaler, now: o.Now}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:           "application-autoscaling",
		Protocols:      []wire.Protocol{wire.JSON11},
		TargetPrefixes: []string{"AnyScaleFrontendService"},
		InternalError:  "InternalServiceException",
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

// text is nil for an empty string: members that are not set are left out.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// moment is nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// number is a capacity in AWS's type, absent when it is not set.
func number(n *int) *int32 {
	if n == nil {
		return nil
	}
	v := int32(*n)
	return &v
}

// whole is a capacity in ours, absent when it is not set.
func whole(n *int32) *int {
	if n == nil {
		return nil
	}
	v := int(*n)
	return &v
}

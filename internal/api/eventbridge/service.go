package eventbridge

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Store and Router are required.
type Options struct {
	Store  *store.Store
	Router *bus.Router
	Now    func() time.Time
}

// Service is Amazon EventBridge.
type Service struct {
	store  *store.Store
	router *bus.Router
	now    func() time.Time
}

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{store: o.Store, router: o.Router, now: o.Now}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:           "events",
		Protocols:      []wire.Protocol{wire.JSON11},
		TargetPrefixes: []string{"AWSEvents"},
		InternalError:  "InternalException",
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

// page cuts a page out of items that are sorted by key.
func page[T any](items []T, key func(T) string, token *string, limit *int32) ([]T, *string, error) {
	if limit != nil && *limit < 1 {
		return nil, nil, violated("limit", *limit, "Member must have value greater than or equal to 1")
	}
	got, next, err := wire.PageBy(items, key, token, int(get(limit)), 100, 100)
	if err != nil {
		return nil, nil, wire.Recode(err, "ValidationException")
	}
	return got, next, nil
}

package elbv2

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New. Store and Balancer are required.
type Options struct {
	Store    *store.Store
	Balancer *elb.Balancer
	// Subnet finds a subnet's availability zone and VPC; nil, or a subnet that
	// it does not know, means that any subnet exists.
	Subnet func(s arn.Scope, id string) (az, vpc string, ok bool)
	// ElasticAddress finds the elastic address of an allocation; nil means that any
	// allocation exists.
	ElasticAddress func(s arn.Scope, allocation string) (ip string, ok bool)
	// InstanceID and InstanceAddress are this machine's: the one instance that
	// can be registered by id.
	InstanceID, InstanceAddress string
	// Settle waits until the data plane serves what was committed, for a bounded
	// time; nil does not wait. So a listener that was created can be connected to.
	Settle func()
	// Strict refuses what AWS refuses and grue tolerates otherwise.
	Strict bool
	Now    func() time.Time
}

// Service is Elastic Load Balancing version 2.
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
		Name:      elb.Service,
		Protocols: []wire.Protocol{wire.Query},
		Version:   "2015-12-01",
		Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
		ErrorCode: errorCode,
	}
}

// scope is the account and region of the caller.
func scope(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// update runs fn in a transaction; what it changed is on disk, and served, when
// update returns.
func (s *Service) update(fn func(*store.Tx) error) error {
	if err := s.o.Store.Update(fn); err != nil {
		return err
	}
	if s.o.Settle != nil {
		s.o.Settle()
	}
	return nil
}

// get returns a value that an AWS struct may leave out.
func get[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

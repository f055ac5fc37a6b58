package ecs

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/console"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New. Store is required.
type Options struct {
	Store *store.Store
	// Minute is how long a minute of bake times and time-outs lasts; 0 = 60 s.
	Minute time.Duration
	// NLBDelay is how long deployments wait after each change of the weights of a
	// network load balancer, in AWS's minutes: Minute shortens it. In ECS it is 10 minutes.
	NLBDelay time.Duration
	// Subnet finds a subnet's availability zone and VPC; nil, or a subnet that it
	// does not know, means that any subnet exists.
	Subnet func(s arn.Scope, id string) (az, vpc string, ok bool)
	// Function tells why a Lambda function cannot be a hook's target; nil, or a nil
	// error, means that it can.
	Function func(s arn.Scope, functionARN string) error
	// Session opens a session in a container; nil = there are none.
	Session func(console.Request) (id, token string, err error)
	// Machine is shown as the one container instance.
	Machine Machine
	Now     func() time.Time
}

// Machine describes this machine.
type Machine struct {
	InstanceID   string // "i-…"
	Architecture string // x86_64 or arm64; "" = x86_64
	CPUs         int
	MemoryMiB    int    // 0 = not known, and then no task is too large
	Version      string // of grue
	Registered   time.Time
}

// Service is Amazon ECS.
type Service struct{ o Options }

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Minute == 0 {
		o.Minute = time.Minute
	}
	if o.Machine.Architecture == "" {
		o.Machine.Architecture = "x86_64"
	}
	return &Service{o}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:           "ecs",
		Protocols:      []wire.Protocol{wire.JSON11},
		TargetPrefixes: []string{"AmazonEC2ContainerServiceV20141113"},
		LowerCase:      true,
		InternalError:  "ServerException",
	}
}

// request is one call: a transaction, who calls, and when.
type request struct {
	*store.Tx
	arn.Scope
	caller wire.Caller
	why    wire.Decision
	now    time.Time
}

func (s *Service) request(ctx context.Context, tx *store.Tx) *request {
	c := wire.CallerFrom(ctx)
	return &request{Tx: tx, Scope: arn.Scope{Account: c.Account, Region: c.Region}, caller: c, why: wire.DecisionOf(ctx), now: s.o.Now()}
}

// update runs fn in a transaction; what it changed is on disk when update returns.
func (s *Service) update(ctx context.Context, fn func(r *request) error) error {
	return s.o.Store.Update(func(tx *store.Tx) error { return fn(s.request(ctx, tx)) })
}

// view runs fn on what is on disk.
func (s *Service) view(ctx context.Context, fn func(r *request) error) (err error) {
	s.o.Store.View(func(tx *store.Tx) { err = fn(s.request(ctx, tx)) })
	return err
}

// get is the value of an optional member, or zero.
func get[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func ptr[T any](v T) *T { return &v }

// text is an optional string: absent when empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// at is an optional time: absent when zero.
func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// list is a list that is always sent, if only empty.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// clip keeps what strangers wrote short in messages.
func clip(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}

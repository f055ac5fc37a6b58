package ec2

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Zones is the number of availability zones of a region.
const Zones = 3

// Options of New; Store is required.
type Options struct {
	Store *store.Store
	// VPC is the id of the default VPCs; "" makes one of account and region.
	VPC string
	// CIDR and Subnets are the ranges of the default VPC and its subnets, one a
	// zone; the zero values are AWS's 172.31.0.0/16 and its /20s.
	CIDR    netip.Prefix
	Subnets [Zones]netip.Prefix
	// Interfaces shows the network interfaces that others own: those of tasks
	// and load balancers.
	Interfaces func(s arn.Scope) []Interface
	// Instances shows the machines.
	Instances func(s arn.Scope) []Instance
	Now       func() time.Time
}

// Service is Amazon EC2.
type Service struct {
	o      Options
	seeded sync.Map // arn.Scope → its default VPC is up to date
}

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if !o.CIDR.IsValid() {
		o.CIDR = netip.MustParsePrefix("172.31.0.0/16")
		for i := range o.Subnets {
			o.Subnets[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 31, byte(16 * i), 0}), 20)
		}
	}
	return &Service{o: o}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:      "ec2",
		Protocols: []wire.Protocol{wire.EC2Query},
		Version:   "2016-11-15",
		Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
	}
}

func (s *Service) now() time.Time { return s.o.Now().UTC().Truncate(time.Second) }

// scopeOf is the account and region of the caller.
func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// tx is a transaction in the scope of a caller.
type tx struct {
	*store.Tx
	arn.Scope
}

// update runs fn in a transaction, after the default VPC is there.
func (s *Service) update(ctx context.Context, fn func(t tx) error) error {
	sc := scopeOf(ctx)
	if err := s.seed(sc); err != nil {
		return err
	}
	return s.o.Store.Update(func(st *store.Tx) error { return fn(tx{st, sc}) })
}

// view runs fn on what is there.
func (s *Service) view(ctx context.Context, fn func(t tx) error) (err error) {
	sc := scopeOf(ctx)
	if err := s.seed(sc); err != nil {
		return err
	}
	s.o.Store.View(func(st *store.Tx) { err = fn(tx{st, sc}) })
	return err
}

// Ok is the answer of operations that say only that they worked.
type Ok struct{ Return bool }

func done(err error) (*Ok, error) { return &Ok{Return: err == nil}, err }

func missing(parameter string) error {
	return wire.Errorf("MissingParameter", "The request must contain the parameter %s", parameter)
}

func badValue(value, parameter, why string) error {
	return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid. %s", value, parameter, why)
}

func dependency(what, id string) error {
	return wire.Errorf("DependencyViolation", "The %s '%s' has dependencies and cannot be deleted.", what, id)
}

package acm

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Store is required.
type Options struct {
	Store *store.Store
	Now   func() time.Time
}

// Service is AWS Certificate Manager.
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
		Name:           "acm",
		Protocols:      []wire.Protocol{wire.JSON11},
		TargetPrefixes: []string{"CertificateManager"},
	}
}

func scope(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

func get[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

// find returns a certificate of the caller.
func find(ctx context.Context, tx *store.Tx, p *string) (*elb.Certificate, error) {
	value := get(p)
	a, ok := arn.Parse(value)
	if !ok || a.Service != "acm" {
		return nil, wire.Errorf("InvalidArnException", "The ARN '%s' is not valid for a certificate.", value)
	}
	c, ok := elb.GetCertificate(tx, value)
	if !ok || (arn.Scope{Account: a.Account, Region: a.Region}) != scope(ctx) {
		return nil, wire.Errorf("ResourceNotFoundException", "Could not find certificate %s.", value)
	}
	return c, nil
}

// view reads a certificate of the caller.
func (s *Service) view(ctx context.Context, p *string, fn func(*store.Tx, *elb.Certificate)) (err error) {
	s.o.Store.View(func(tx *store.Tx) {
		var c *elb.Certificate
		if c, err = find(ctx, tx, p); err == nil {
			fn(tx, c)
		}
	})
	return err
}

// change changes a copy of a certificate and writes it.
func (s *Service) change(ctx context.Context, p *string, fn func(*elb.Certificate) error) error {
	return s.o.Store.Update(func(tx *store.Tx) error {
		c, err := find(ctx, tx, p)
		if err != nil {
			return err
		}
		next := *c
		if err := fn(&next); err != nil {
			return err
		}
		elb.PutCertificate(tx, &next)
		return nil
	})
}

// DeleteCertificate deletes a certificate that no load balancer uses.
func (s *Service) DeleteCertificate(ctx context.Context, in *acm.DeleteCertificateInput) (*acm.DeleteCertificateOutput, error) {
	return &acm.DeleteCertificateOutput{}, s.o.Store.Update(func(tx *store.Tx) error {
		c, err := find(ctx, tx, in.CertificateArn)
		if err != nil {
			return err
		}
		if len(elb.UsesCertificate(tx, c.ARN)) > 0 {
			return wire.Errorf("ResourceInUseException", "Certificate %s in account %s is in use.", c.ARN, scope(ctx).Account)
		}
		elb.DeleteCertificate(tx, c.ARN)
		return nil
	})
}

// newARN names a new certificate.
func newARN(s arn.Scope) string {
	return arn.Make("acm", s.Region, s.Account, "certificate/"+store.NewUUID())
}

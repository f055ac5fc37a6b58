package logs

import (
	"context"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Logs is required.
type Options struct {
	Logs *logs.Store
}

// Service is Amazon CloudWatch Logs.
type Service struct{ logs *logs.Store }

// New returns the service.
func New(o Options) *Service { return &Service{logs: o.Logs} }

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:           "logs",
		Protocols:      []wire.Protocol{wire.JSON11},
		TargetPrefixes: []string{"Logs_20140328"},
		LowerCase:      true,
	}
}

func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

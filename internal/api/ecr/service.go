package ecr

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Registry is required.
type Options struct {
	Registry *registry.Registry
	Now      func() time.Time
}

// Service is Amazon ECR.
type Service struct {
	registry *registry.Registry
	now      func() time.Time
}

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o.Registry, o.Now}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:           "ecr",
		Protocols:      []wire.Protocol{wire.JSON11},
		TargetPrefixes: []string{"AmazonEC2ContainerRegistry_V20150921"},
		LowerCase:      true,
		InternalError:  "ServerException",
	}
}

// scopeOf is the registry that a request is about: that of registryId, else the
// caller's.
func scopeOf(ctx context.Context, registryID *string) arn.Scope {
	c := wire.CallerFrom(ctx)
	s := arn.Scope{Account: c.Account, Region: c.Region}
	if id := aws.ToString(registryID); id != "" {
		s.Account = id
	}
	return s
}

// named is the repository of a request.
func named(name *string) (string, error) {
	n := aws.ToString(name)
	return n, asAWS(registry.CheckName(n))
}

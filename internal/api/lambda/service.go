package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Functions is required.
type Options struct {
	Functions *function.Functions
}

// Service is AWS Lambda.
type Service struct{ f *function.Functions }

// New returns the service.
func New(o Options) *Service { return &Service{f: o.Functions} }

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name: "lambda", Protocols: []wire.Protocol{wire.RESTJSON},
		Routes: routes, Bindings: bindings, InternalError: "ServiceException",
	}
}

func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// reference reads FunctionName and Qualifier of a request.
func reference(ctx context.Context, name, qualifier *string) (function.Reference, error) {
	s := scopeOf(ctx)
	r, err := function.Parse(s, aws.ToString(name))
	if err != nil {
		return r, invalid("%v.", err)
	}
	if r.Scope != s {
		return r, notFound(r)
	}
	switch q := aws.ToString(qualifier); {
	case q == "":
	case r.Qualifier != "" && r.Qualifier != q:
		return r, invalid("The derived qualifier from the function name does not match the specified qualifier.")
	default:
		r.Qualifier = q
	}
	return r, nil
}

// unqualified is for operations on all versions of a function.
func (s *Service) unqualified(ctx context.Context, name *string) (function.Reference, *function.Function, error) {
	r, err := reference(ctx, name, nil)
	if err != nil {
		return r, nil, err
	}
	fn, ok := s.f.Find(r.Scope, r.Name)
	if !ok {
		return r, nil, notFound(r)
	}
	return r, fn, nil
}

// version finds what a request names.
func (s *Service) version(ctx context.Context, name, qualifier *string) (function.Reference, *function.Version, error) {
	r, err := reference(ctx, name, qualifier)
	if err != nil {
		return r, nil, err
	}
	v, err := s.f.Version(r)
	if err != nil {
		return r, nil, reword(err, r)
	}
	return r, v, nil
}

package eventbridge

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/store"
)

const defaultRate = 300

// CreateApiDestination makes an HTTP endpoint a possible target.
func (s *Service) CreateApiDestination(ctx context.Context, in *eventbridge.CreateApiDestinationInput) (*eventbridge.CreateApiDestinationOutput, error) {
	name, now := get(in.Name), s.now()
	if !connectionName.MatchString(name) {
		return nil, violated("name", name, "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+ and have 1 to 64 characters")
	}
	d := &bus.Destination{
		Scope: scopeOf(ctx), Name: name, ID: store.NewUUID(), Description: get(in.Description), Method: in.HttpMethod,
		Endpoint: get(in.InvocationEndpoint), Rate: defaultRate, Created: now, Modified: now,
	}
	if in.InvocationRateLimitPerSecond != nil {
		d.Rate = *in.InvocationRateLimitPerSecond
	}
	if err := checkDestination(d); err != nil {
		return nil, err
	}
	err := s.store.Update(func(tx *store.Tx) error {
		if _, ok := bus.FindDestination(tx, d.Scope, name); ok {
			return exists("An api-destination '%s' already exists.", name)
		}
		if err := connect(tx, d, in.ConnectionArn); err != nil {
			return err
		}
		bus.PutDestination(tx, d)
		return nil
	})
	return &eventbridge.CreateApiDestinationOutput{
		ApiDestinationArn: aws.String(d.ARN()), ApiDestinationState: types.ApiDestinationStateActive, CreationTime: &now, LastModifiedTime: &now,
	}, err
}

// checkDestination checks everything but the connection.
func checkDestination(d *bus.Destination) error {
	if !slices.Contains(types.ApiDestinationHttpMethod("").Values(), d.Method) {
		return violated("httpMethod", d.Method, "Member must satisfy enum value set: [POST, GET, HEAD, OPTIONS, PUT, PATCH, DELETE]")
	}
	if d.Rate < 1 {
		return violated("invocationRateLimitPerSecond", d.Rate, "Member must have value greater than or equal to 1")
	}
	return checkURL("InvocationEndpoint", d.Endpoint)
}

func connect(tx *store.Tx, d *bus.Destination, connectionARN *string) error {
	c, ok := bus.ConnectionNamed(tx, get(connectionARN))
	if !ok || c.Scope != d.Scope {
		return notFound("Connection '%s' does not exist.", get(connectionARN))
	}
	d.Connection = c.Name
	return nil
}

// UpdateApiDestination changes what is given.
func (s *Service) UpdateApiDestination(ctx context.Context, in *eventbridge.UpdateApiDestinationInput) (*eventbridge.UpdateApiDestinationOutput, error) {
	out := &eventbridge.UpdateApiDestinationOutput{ApiDestinationState: types.ApiDestinationStateActive}
	err := s.store.Update(func(tx *store.Tx) error {
		old, err := findDestination(tx, scopeOf(ctx), in.Name)
		if err != nil {
			return err
		}
		next := *old
		next.Modified = s.now()
		next.Description = get(or(in.Description, &next.Description))
		next.Endpoint = get(or(in.InvocationEndpoint, &next.Endpoint))
		next.Rate = get(or(in.InvocationRateLimitPerSecond, &next.Rate))
		if in.HttpMethod != "" {
			next.Method = in.HttpMethod
		}
		if in.ConnectionArn != nil {
			if err := connect(tx, &next, in.ConnectionArn); err != nil {
				return err
			}
		}
		if err := checkDestination(&next); err != nil {
			return err
		}
		bus.PutDestination(tx, &next)
		out.ApiDestinationArn, out.CreationTime, out.LastModifiedTime = aws.String(next.ARN()), &next.Created, &next.Modified
		return nil
	})
	return out, err
}

func findDestination(tx *store.Tx, s arn.Scope, name *string) (*bus.Destination, error) {
	d, ok := bus.FindDestination(tx, s, get(name))
	if !ok {
		return nil, notFound("Failed to describe the api-destination(s). An api-destination '%s' does not exist.", get(name))
	}
	return d, nil
}

// connectionARN is the ARN of a destination's connection, as long as it exists.
func connectionARN(tx *store.Tx, d *bus.Destination) *string {
	if c, ok := bus.FindConnection(tx, d.Scope, d.Connection); ok {
		return aws.String(c.ARN())
	}
	return nil
}

// stateOf a destination: without its connection it cannot be called.
func stateOf(connection *string) types.ApiDestinationState {
	if connection == nil {
		return types.ApiDestinationStateInactive
	}
	return types.ApiDestinationStateActive
}

// DescribeApiDestination shows an API destination.
func (s *Service) DescribeApiDestination(ctx context.Context, in *eventbridge.DescribeApiDestinationInput) (out *eventbridge.DescribeApiDestinationOutput, err error) {
	s.store.View(func(tx *store.Tx) {
		var d *bus.Destination
		if d, err = findDestination(tx, scopeOf(ctx), in.Name); err == nil {
			c := connectionARN(tx, d)
			out = &eventbridge.DescribeApiDestinationOutput{
				Name: &d.Name, ApiDestinationArn: aws.String(d.ARN()), Description: text(d.Description), ConnectionArn: c, ApiDestinationState: stateOf(c),
				HttpMethod: d.Method, InvocationEndpoint: &d.Endpoint, InvocationRateLimitPerSecond: &d.Rate, CreationTime: &d.Created, LastModifiedTime: &d.Modified,
			}
		}
	})
	return out, err
}

// ListApiDestinations lists API destinations by name.
func (s *Service) ListApiDestinations(ctx context.Context, in *eventbridge.ListApiDestinationsInput) (*eventbridge.ListApiDestinationsOutput, error) {
	out := &eventbridge.ListApiDestinationsOutput{ApiDestinations: []types.ApiDestination{}}
	var err error
	s.store.View(func(tx *store.Tx) {
		var all, some []*bus.Destination
		for _, d := range bus.Destinations(tx, scopeOf(ctx)) {
			c := connectionARN(tx, d)
			if strings.HasPrefix(d.Name, get(in.NamePrefix)) && (in.ConnectionArn == nil || get(c) == *in.ConnectionArn) {
				all = append(all, d)
			}
		}
		some, out.NextToken, err = page(all, func(d *bus.Destination) string { return d.Name }, in.NextToken, in.Limit)
		for _, d := range some {
			c := connectionARN(tx, d)
			out.ApiDestinations = append(out.ApiDestinations, types.ApiDestination{
				Name: &d.Name, ApiDestinationArn: aws.String(d.ARN()), ConnectionArn: c, ApiDestinationState: stateOf(c), HttpMethod: d.Method,
				InvocationEndpoint: &d.Endpoint, InvocationRateLimitPerSecond: &d.Rate, CreationTime: &d.Created, LastModifiedTime: &d.Modified,
			})
		}
	})
	return out, err
}

// DeleteApiDestination removes an API destination.
func (s *Service) DeleteApiDestination(ctx context.Context, in *eventbridge.DeleteApiDestinationInput) (*eventbridge.DeleteApiDestinationOutput, error) {
	err := s.store.Update(func(tx *store.Tx) error {
		d, err := findDestination(tx, scopeOf(ctx), in.Name)
		if err != nil {
			return err
		}
		bus.DeleteDestination(tx, d)
		return nil
	})
	return &eventbridge.DeleteApiDestinationOutput{}, err
}

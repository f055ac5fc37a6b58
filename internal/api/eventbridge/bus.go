package eventbridge

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/store"
)

const maxBuses = 100

var busName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,256}$`)

// findBus finds the bus that a request means.
func findBus(tx *store.Tx, s arn.Scope, name *string) (*bus.Bus, error) {
	b, ok := bus.FindBus(tx, s, bus.BusName(get(name)))
	if !ok {
		return nil, notFound("Event bus %s does not exist.", bus.BusName(get(name)))
	}
	return b, nil
}

// CreateEventBus makes a custom bus.
func (s *Service) CreateEventBus(ctx context.Context, in *eventbridge.CreateEventBusInput) (*eventbridge.CreateEventBusOutput, error) {
	name := get(in.Name)
	tags, err := tagMap(nil, in.Tags)
	switch {
	case err != nil:
		return nil, err
	case !busName.MatchString(name):
		return nil, violated("name", name, "Member must satisfy regular expression pattern: [/\\.\\-_A-Za-z0-9]+; grue has no partner buses, whose names hold a slash")
	case get(in.EventSourceName) != "":
		return nil, invalid("grue has no partner event sources; leave out EventSourceName.")
	case in.DeadLetterConfig != nil && get(in.DeadLetterConfig.Arn) != "":
		return nil, noQueue()
	}
	now := s.now()
	b := &bus.Bus{Scope: scopeOf(ctx), Name: name, Description: get(in.Description), Tags: tags, Created: now, Modified: now}
	err = s.store.Update(func(tx *store.Tx) error {
		if _, ok := bus.FindBus(tx, b.Scope, name); ok {
			return exists("Event bus %s already exists.", name)
		}
		if len(bus.Buses(tx, b.Scope)) >= maxBuses {
			return limitExceeded("The requested resource exceeds the maximum number allowed: %d event buses.", maxBuses)
		}
		bus.PutBus(tx, b)
		return nil
	})
	return &eventbridge.CreateEventBusOutput{EventBusArn: aws.String(b.ARN()), Description: in.Description, KmsKeyIdentifier: in.KmsKeyIdentifier, LogConfig: in.LogConfig}, err
}

// UpdateEventBus changes the description of a bus.
func (s *Service) UpdateEventBus(ctx context.Context, in *eventbridge.UpdateEventBusInput) (*eventbridge.UpdateEventBusOutput, error) {
	if in.DeadLetterConfig != nil && get(in.DeadLetterConfig.Arn) != "" {
		return nil, noQueue()
	}
	out := &eventbridge.UpdateEventBusOutput{}
	err := s.changeBus(ctx, in.Name, func(b *bus.Bus) error {
		b.Description = get(in.Description)
		out.Arn, out.Name, out.Description = aws.String(b.ARN()), aws.String(b.Name), in.Description
		return nil
	})
	return out, err
}

func (s *Service) changeBus(ctx context.Context, name *string, fn func(*bus.Bus) error) error {
	return s.store.Update(func(tx *store.Tx) error {
		old, err := findBus(tx, scopeOf(ctx), name)
		if err != nil {
			return err
		}
		next := *old
		next.Modified = s.now()
		if err := fn(&next); err != nil {
			return err
		}
		bus.PutBus(tx, &next)
		return nil
	})
}

// DeleteEventBus removes a custom bus; one that is not there is no error.
func (s *Service) DeleteEventBus(ctx context.Context, in *eventbridge.DeleteEventBusInput) (*eventbridge.DeleteEventBusOutput, error) {
	name := bus.BusName(get(in.Name))
	if name == bus.Default {
		return nil, invalid("Cannot delete event bus default.")
	}
	err := s.store.Update(func(tx *store.Tx) error {
		b, ok := bus.FindBus(tx, scopeOf(ctx), name)
		if !ok {
			return nil
		}
		if len(bus.Rules(tx, b.Scope, name)) > 0 {
			return invalid("Event bus %s can't be deleted since it has rules.", name)
		}
		bus.DeleteBus(tx, b)
		return nil
	})
	return &eventbridge.DeleteEventBusOutput{}, err
}

// DescribeEventBus shows a bus; without a name, the default one.
func (s *Service) DescribeEventBus(ctx context.Context, in *eventbridge.DescribeEventBusInput) (out *eventbridge.DescribeEventBusOutput, err error) {
	s.store.View(func(tx *store.Tx) {
		var b *bus.Bus
		if b, err = findBus(tx, scopeOf(ctx), in.Name); err == nil {
			out = &eventbridge.DescribeEventBusOutput{
				Name: &b.Name, Arn: aws.String(b.ARN()), Description: text(b.Description), Policy: text(b.Policy),
				CreationTime: moment(b.Created), LastModifiedTime: moment(b.Modified),
			}
		}
	})
	return out, err
}

// ListEventBuses lists buses by name.
func (s *Service) ListEventBuses(ctx context.Context, in *eventbridge.ListEventBusesInput) (*eventbridge.ListEventBusesOutput, error) {
	var all []*bus.Bus
	s.store.View(func(tx *store.Tx) {
		for _, b := range bus.Buses(tx, scopeOf(ctx)) {
			if strings.HasPrefix(b.Name, get(in.NamePrefix)) {
				all = append(all, b)
			}
		}
	})
	some, next, err := page(all, func(b *bus.Bus) string { return b.Name }, in.NextToken, in.Limit)
	out := &eventbridge.ListEventBusesOutput{EventBuses: []types.EventBus{}, NextToken: next}
	for _, b := range some {
		out.EventBuses = append(out.EventBuses, types.EventBus{
			Name: &b.Name, Arn: aws.String(b.ARN()), Description: text(b.Description), Policy: text(b.Policy),
			CreationTime: moment(b.Created), LastModifiedTime: moment(b.Modified),
		})
	}
	return out, err
}

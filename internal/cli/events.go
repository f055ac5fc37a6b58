package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/client"
)

// eventsCmd is `grue events`.
type eventsCmd struct {
	Service string `arg:"" optional:"" help:"Service, by name or ARN. Default: all services of the cluster."`
	Follow  bool   `short:"f" help:"Go on with new events until interrupted."`
	Limit   int    `short:"n" help:"How many old events to print at most; 0 = all that ECS keeps (100 a service)." default:"20"`
	JSON    bool   `help:"Print each event as a line of JSON."`
	client.Flags
}

// Help is the long help.
func (eventsCmd) Help() string {
	return `Prints the events that ECS keeps with each service, the newest last.

Examples:
  grue events web
  grue events -f
  grue events web -n 0 --json | jq -r .message`
}

// eventLine is an event as it is printed.
type eventLine struct {
	At      time.Time `json:"at"`
	Service string    `json:"service"`
	ID      string    `json:"id"`
	Message string    `json:"message"`
}

// Run prints, and follows.
func (c *eventsCmd) Run(s *streams) error {
	if c.Limit < 0 {
		return usageError("--limit must not be negative")
	}
	ctx, stop := s.context()
	defer stop()
	cl, err := c.Open(ctx)
	if err != nil {
		return err
	}
	e := eventReader{client: cl, service: c.Service, known: map[string]bool{}}
	done := s.doing("asking " + cl.Where() + " for events")
	fresh, err := e.fresh(ctx)
	done()
	if err != nil {
		return err
	}
	if c.Limit > 0 && len(fresh) > c.Limit {
		fresh = fresh[len(fresh)-c.Limit:]
	}
	for {
		for _, line := range fresh {
			if err := c.print(s, line); err != nil {
				return err
			}
		}
		if !c.Follow {
			return nil
		}
		cl.Rest(ctx)
		fresh, err = e.fresh(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !client.Passing(err):
			return err
		}
	}
}

func (c *eventsCmd) print(s *streams, l eventLine) error {
	if c.JSON {
		return printJSONLine(s.out, l)
	}
	_, err := fmt.Fprintf(s.out, "%s  %s\n", l.At.Local().Format(time.DateTime), client.OneLine(l.Message))
	return err
}

// eventReader reads events and knows which it read.
type eventReader struct {
	client  *client.Client
	service string
	known   map[string]bool
}

// fresh are the events that were not read yet, oldest first.
func (e *eventReader) fresh(ctx context.Context) ([]eventLine, error) {
	services, err := e.services(ctx)
	if err != nil {
		return nil, err
	}
	var lines []eventLine
	for _, s := range services {
		for _, v := range s.Events {
			if id := aws.ToString(v.Id); !e.known[id] {
				e.known[id] = true
				lines = append(lines, eventLine{aws.ToTime(v.CreatedAt), aws.ToString(s.ServiceName), id, aws.ToString(v.Message)})
			}
		}
	}
	slices.Reverse(lines) // each service has its newest first
	slices.SortStableFunc(lines, func(a, b eventLine) int { return a.At.Compare(b.At) })
	return lines, nil
}

func (e *eventReader) services(ctx context.Context) ([]types.Service, error) {
	if e.service == "" {
		return e.client.Services(ctx)
	}
	s, err := e.client.Service(ctx, e.service)
	if err != nil {
		return nil, err
	}
	return []types.Service{*s}, nil
}

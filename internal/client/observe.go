package client

import (
	"context"
	"errors"
	"iter"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// Pauses between two looks.
const (
	everyHere = 250 * time.Millisecond // an ECS on this machine
	everyAway = 2 * time.Second        // Amazon, and any other
	everyMost = 30 * time.Second       // after being throttled again and again
)

// Watching says what Observe follows.
type Watching struct {
	Service    string        // name or ARN
	Deployment string        // ARN of a service deployment; "" = always the newest
	Every      time.Duration // pause between looks; 0 = 250 ms on this machine, else 2 s
}

// Observe looks at a service again and again until ctx ends or the caller stops.
// When ECS throttles, the pause doubles, up to 30 s, and nobody is told. Another
// error is yielded once with a nil Snapshot: the caller stops, or goes on and
// Observe looks again.
func (c *Client) Observe(ctx context.Context, w Watching) iter.Seq2[*Snapshot, error] {
	normal := w.Every
	if normal == 0 {
		normal = everyAway
		if c.Here() {
			normal = everyHere
		}
	}
	return func(yield func(*Snapshot, error) bool) {
		l := newLooker(c)
		for pause := normal; ctx.Err() == nil; {
			s, err := l.look(ctx, w.Service, w.Deployment)
			switch {
			case ctx.Err() != nil:
				return
			case throttled(err):
				pause = min(2*pause, everyMost)
			default:
				pause = normal
				if !yield(s, err) {
					return
				}
			}
			Pause(ctx, pause)
		}
	}
}

// Pause waits, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func throttled(err error) bool {
	for _, code := range []string{"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException", "RequestThrottledException"} {
		if Is(err, code) {
			return true
		}
	}
	return false
}

// Passing tells whether an error may be gone at the next look: a connection that
// broke, or a fault of the server. It is not passing that nobody ever answered.
func Passing(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorFault() == smithy.FaultServer || throttled(err)
	}
	var op *net.OpError
	var quota *aws.RequestCanceledError
	return errors.As(err, &op) || errors.As(err, &quota)
}

// Rest waits as long as Observe does between two looks.
func (c *Client) Rest(ctx context.Context) {
	if c.Here() {
		Pause(ctx, everyHere)
		return
	}
	Pause(ctx, everyAway)
}

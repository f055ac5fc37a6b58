package harness

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// lostAttempts is how often a call is made whose connection is lost each time: more
// often than any test kills the server during one call.
const lostAttempts = 200

// lostPause is before the next attempt. The port is open while the server starts, so
// that the next one waits there by itself.
const lostPause = 50 * time.Millisecond

// Lost tells whether a connection broke before the answer was there: whether the call
// was carried out is not known, and to make it again is what clients do. To be refused
// is another thing: while `grue up` runs, somebody listens.
func Lost(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return false
	}
	for _, e := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, e) {
			return true
		}
	}
	// What net/http says of a connection that ended before anything was sent on it.
	return err != nil && strings.Contains(err.Error(), "server closed idle connection")
}

// insistent makes calls again whose connection is lost, at once and as often as a test
// may kill the server. One that is refused fails, and everything else is as the SDK
// does it.
type insistent struct{ aws.RetryerV2 }

func newRetryer() aws.Retryer { return insistent{retry.NewStandard()} }

func (insistent) MaxAttempts() int { return lostAttempts }

func (r insistent) IsErrorRetryable(err error) bool {
	return Lost(err) || !errors.Is(err, syscall.ECONNREFUSED) && r.RetryerV2.IsErrorRetryable(err)
}

func (r insistent) RetryDelay(attempt int, err error) (time.Duration, error) {
	switch {
	case Lost(err):
		return lostPause, nil
	case attempt >= r.RetryerV2.MaxAttempts():
		return 0, &retry.MaxAttemptsError{Attempt: attempt, Err: err}
	}
	return r.RetryerV2.RetryDelay(attempt, err)
}

// GetRetryToken never refuses what was lost: a test may kill more often than the
// SDK's allowance.
func (r insistent) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	if Lost(err) {
		return func(error) error { return nil }, nil
	}
	return r.RetryerV2.GetRetryToken(ctx, err)
}

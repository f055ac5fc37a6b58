package crash

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/test/harness"
)

// ledger writes growing numbers through the API all the time and remembers the
// last one that was acknowledged.
type ledger struct {
	client *ssm.Client

	mu     sync.Mutex
	acked  int
	failed []error // calls that got no answer: nobody listened
	stop   chan struct{}
	done   sync.WaitGroup
}

const ledgerName = "/crash/ledger"

func startLedger(t *testing.T, g *harness.Grue) *ledger {
	l := &ledger{client: ssm.NewFromConfig(g.Config()), stop: make(chan struct{})}
	l.done.Go(l.write)
	t.Cleanup(func() { close(l.stop); l.done.Wait() })
	return l
}

func (l *ledger) write() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		_, err := l.client.PutParameter(context.Background(), &ssm.PutParameterInput{
			Name: aws.String(ledgerName), Value: aws.String(strconv.Itoa(n)), Type: types.ParameterTypeString, Overwrite: aws.Bool(true),
		})
		l.mu.Lock()
		if err != nil {
			l.failed = append(l.failed, err)
		} else {
			l.acked = n
		}
		l.mu.Unlock()
	}
}

// check fails the test if an acknowledged write is gone, or a call found nobody.
func (l *ledger) check(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	acked, failed := l.acked, l.failed
	l.failed = nil
	l.mu.Unlock()
	out, err := l.client.GetParameter(context.Background(), &ssm.GetParameterInput{Name: aws.String(ledgerName)})
	if err != nil {
		t.Error(err)
		return
	}
	if n, err := strconv.Atoi(*out.Parameter.Value); err != nil || n < acked {
		t.Errorf("the ledger says %s, but %d was acknowledged", *out.Parameter.Value, acked)
	}
	if len(failed) > 0 {
		t.Error(fmt.Errorf("%d writes failed, first: %w", len(failed), failed[0]))
	}
}

// Command notifications tells people about their orders: a worker that takes
// messages from a queue, without load balancer or Service Connect.
//
// Blue and green run side by side during a deployment, and nothing but their own
// good manners keeps both from taking messages. So the worker asks who is
// active: the parameter ACTIVE holds the number of a service revision, which the
// hook beside this program sets when the deployment shifts traffic.
//
//	every Poll: parameter ACTIVE == my revision?  ── no ──► take nothing
//	                     │ yes, for as long as Trust
//	receive one message ─► tell (a line of the log) ─► delete it
//
// QUEUE is the queue's name. Each message that was told is a line of the log:
// {"told":"<order>","by":"<revision>","version":"v1","received":…}.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/grue-ecs/grue/examples/unicornwatch/unicorn"
)

// Poll is how often a worker asks whether it is active, and how long it waits for
// a message.
const Poll = 250 * time.Millisecond

// Trust is how long an answer counts. The hook leaves nobody active for longer, so that
// blue has stopped when green begins, also where blue's questions take long.
const Trust = time.Second

// tedium is what a slow version adds to the work on each message.
const tedium = 1500 * time.Millisecond

// worker takes messages while its revision is active.
type worker struct {
	ecs       *ecs.Client
	sqs       *sqs.Client
	ssm       *ssm.Client
	queue     string       // URL
	parameter string       // name
	revision  string       // own service revision's number
	asked     atomic.Int64 // Unix nanoseconds of the last question, if the answer was that it is active; else 0
}

func main() {
	unicorn.Start()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	w := &worker{
		ecs: ecs.NewFromConfig(cfg), sqs: sqs.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg),
		parameter: os.Getenv("ACTIVE"),
	}
	if err := w.prepare(ctx, os.Getenv("QUEUE")); err != nil {
		log.Fatal(err)
	}
	go w.follow(ctx)
	for ctx.Err() == nil {
		now := time.Now()
		if !w.active(now) {
			wait(ctx, Poll/10)
			continue
		}
		if err := w.one(ctx, now); err != nil && ctx.Err() == nil {
			log.Print(err)
			wait(ctx, Poll)
		}
	}
}

// prepare finds the queue and the worker's own service revision.
func (w *worker) prepare(ctx context.Context, queue string) (err error) {
	out, err := w.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		return err
	}
	w.queue = *out.QueueUrl
	w.revision, err = ownRevision(ctx, w.ecs)
	return err
}

// active tells whether the worker may take a message.
func (w *worker) active(now time.Time) bool { return now.UnixNano()-w.asked.Load() < int64(Trust) }

// follow asks who is active.
func (w *worker) follow(ctx context.Context) {
	for ctx.Err() == nil {
		asked := time.Now().UnixNano()
		out, err := w.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &w.parameter})
		if err == nil {
			is := aws.ToString(out.Parameter.Value) == w.revision
			if !is {
				asked = 0
			}
			if was := w.asked.Swap(asked) != 0; was != is {
				log.Printf("revision %s is active: %t", w.revision, is)
			}
		}
		wait(ctx, Poll)
	}
}

// one receives a message and finishes it, also when SIGTERM comes meanwhile. It was
// active at the time given.
func (w *worker) one(ctx context.Context, received time.Time) error {
	out, err := w.sqs.ReceiveMessage(context.WithoutCancel(ctx), &sqs.ReceiveMessageInput{
		QueueUrl: &w.queue, MaxNumberOfMessages: 1, WaitTimeSeconds: 0,
	})
	if err != nil {
		return err
	}
	if len(out.Messages) == 0 {
		wait(ctx, Poll/10)
		return nil
	}
	if unicorn.Is(unicorn.Slow) {
		time.Sleep(tedium)
	}
	if err := w.tell(out.Messages[0], received); err != nil {
		return err
	}
	_, err = w.sqs.DeleteMessage(context.WithoutCancel(ctx), &sqs.DeleteMessageInput{
		QueueUrl: &w.queue, ReceiptHandle: out.Messages[0].ReceiptHandle,
	})
	return err
}

func (w *worker) tell(m types.Message, received time.Time) error {
	var order struct{ ID string }
	if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &order); err != nil {
		return fmt.Errorf("message %s: %w", aws.ToString(m.MessageId), err)
	}
	line, err := json.Marshal(map[string]any{
		"told": order.ID, "by": w.revision, "version": unicorn.Version(), "received": received.UnixMilli(),
	})
	if err == nil {
		fmt.Println(string(line))
	}
	return err
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

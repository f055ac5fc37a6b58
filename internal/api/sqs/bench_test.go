package sqs

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// BenchmarkThroughput sends, receives and deletes b.N messages of 1 KiB, with 32
// senders and 32 receivers that take ten at once, through the SDK and HTTP. A
// bystander changes another record all the while; its median and its 99th percentile
// say what the load costs the rest of the state store.
func BenchmarkThroughput(b *testing.B) {
	for name, each := range map[string]int{"single": 1, "batch": 10} {
		b.Run(name, func(b *testing.B) {
			w := start(b)
			url := w.create("q", nil)
			body := strings.Repeat("0123456789abcdef", 64)
			var sent, gone atomic.Int64
			var all, bystander sync.WaitGroup
			over := make(chan struct{})
			var took []time.Duration
			bystander.Go(func() { took = stand(w, w.create("other", nil), over) })
			total := int64((b.N + each - 1) / each * each)
			b.ResetTimer()
			for range 32 {
				all.Go(func() {
					for sent.Add(int64(each)) <= total {
						send(w, url, body, each)
					}
				})
				all.Go(func() {
					for gone.Load() < total {
						gone.Add(int64(drain(w, url, each)))
					}
				})
			}
			all.Wait()
			b.StopTimer()
			close(over)
			bystander.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "bystander-p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "bystander-p99-ms")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// stand tags a queue every 10 ms until over is closed, and tells how long each took.
func stand(w *world, url *string, over <-chan struct{}) (took []time.Duration) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		began := time.Now()
		w.ok(second(w.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"at": began.String()}})))
		took = append(took, time.Since(began))
		select {
		case <-over:
			return took
		case <-tick.C:
		}
	}
}

func send(w *world, url *string, body string, n int) {
	if n == 1 {
		w.send(url, body)
		return
	}
	var entries []types.SendMessageBatchRequestEntry
	for i := range n {
		entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String(string(rune('a' + i))), MessageBody: &body})
	}
	w.ok(second(w.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})))
}

func drain(w *world, url *string, n int) int {
	out, err := w.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
	w.ok(err)
	if len(out.Messages) == 0 {
		return 0
	}
	var entries []types.DeleteMessageBatchRequestEntry
	for _, m := range out.Messages {
		if n == 1 {
			w.ok(second(w.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})))
			continue
		}
		entries = append(entries, types.DeleteMessageBatchRequestEntry{Id: m.MessageId, ReceiptHandle: m.ReceiptHandle})
	}
	if n > 1 {
		w.ok(second(w.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: entries})))
	}
	return len(out.Messages)
}

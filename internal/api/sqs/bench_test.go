package sqs

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// BenchmarkThroughput sends, receives and deletes b.N messages of 1 KiB, with 32
// senders and 32 receivers that take ten at once, through the SDK and HTTP.
func BenchmarkThroughput(b *testing.B) {
	for name, each := range map[string]int{"single": 1, "batch": 10} {
		b.Run(name, func(b *testing.B) {
			w := start(b)
			url := w.create("q", nil)
			body := strings.Repeat("0123456789abcdef", 64)
			var sent, gone atomic.Int64
			var all sync.WaitGroup
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
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
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

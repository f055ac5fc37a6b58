package eventbridge

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// queue makes an SQS queue and returns its ARN.
func (w *world) queue(name string, attributes map[string]string) *string {
	w.Helper()
	w.ok(w.queues.Update(func(tx *store.Tx) error {
		_, err := w.queues.Create(tx, home, name, attributes, nil)
		return err
	}))
	return aws.String(queue.ARN(home, name))
}

// next is the next message of a queue.
func (w *world) next(name string) *queue.Received {
	w.Helper()
	got, err := w.queues.Receive(context.Background(), home, name, queue.Ask{Max: 1, Wait: aws.Duration(time.Minute)})
	w.ok(err)
	if len(got) == 0 {
		w.Fatal("nothing came to " + name)
	}
	return got[0]
}

func TestQueueTargets(t *testing.T) {
	w := start(t)
	w.rule("r", anything)
	dead := &types.DeadLetterConfig{Arn: w.queue("dead", nil)}
	out, err := w.client.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: []types.Target{
		{Id: aws.String("q"), Arn: w.queue("q", nil), InputPath: aws.String("$.detail")},
		{
			Id: aws.String("fifo"), Arn: w.queue("q.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"}),
			SqsParameters: &types.SqsParameters{MessageGroupId: aws.String("g")},
		},
		{Id: aws.String("gone"), Arn: aws.String(queue.ARN(home, "gone")), Input: aws.String(`"x"`), DeadLetterConfig: dead},
		{Id: aws.String("f"), Arn: aws.String(lambdaARN("gone")), DeadLetterConfig: dead},
	}})
	w.ok(err)
	if out.FailedEntryCount != 0 {
		t.Fatalf("%+v", out)
	}
	_, err = w.client.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		{Source: aws.String("my.app"), DetailType: aws.String("d"), Detail: aws.String(`{"n":1}`)},
	}})
	w.ok(err)
	if got := w.next("q").Body; got != `{"n":1}` {
		t.Error(got)
	}
	if m := w.next("q.fifo"); m.Group != "g" || !strings.Contains(m.Body, `"detail-type":"d"`) {
		t.Errorf("%+v", m.Message)
	}
	for range 2 {
		m := w.next("dead")
		if !strings.Contains(m.Body, `"detail-type":"d"`) || m.Attributes["RULE_ARN"].Text == "" || m.Attributes["ERROR_CODE"].Text != "SDK_CLIENT_ERROR" {
			t.Errorf("%+v", m.Message)
		}
	}
}

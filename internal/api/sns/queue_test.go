package sns

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

var home = arn.Scope{Account: "000000000000", Region: "eu-west-1"}

// queue makes an SQS queue and returns its ARN.
func (w *world) queue(name string) string {
	w.Helper()
	w.ok(w.queues.Update(func(tx *store.Tx) error {
		_, err := w.queues.Create(tx, home, name, nil, nil)
		return err
	}))
	return queue.ARN(home, name)
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

func TestQueues(t *testing.T) {
	w := start(t)
	topic := w.topic("t")
	w.subscribe(topic, "sqs", w.queue("wrapped"), nil)
	w.subscribe(topic, "sqs", w.queue("raw"), map[string]string{"RawMessageDelivery": "true"})
	sent, err := w.client.Publish(t.Context(), &sns.PublishInput{
		TopicArn: topic, Subject: aws.String("s"), Message: aws.String("hello"), MessageAttributes: map[string]types.MessageAttributeValue{
			"text": {DataType: aws.String("String"), StringValue: aws.String("v")}, "bytes": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
		},
	})
	w.ok(err)
	var doc struct {
		Type, MessageId, Subject, Message string
		MessageAttributes                 map[string]struct{ Type, Value string }
	}
	w.ok(json.Unmarshal([]byte(w.next("wrapped").Body), &doc))
	if doc.Type != "Notification" || doc.MessageId != *sent.MessageId || doc.Subject != "s" || doc.Message != "hello" || doc.MessageAttributes["text"].Value != "v" {
		t.Errorf("%+v", doc)
	}
	raw := w.next("raw")
	if raw.Body != "hello" || raw.Attributes["text"].Text != "v" || string(raw.Attributes["bytes"].Bytes) != "\x00\xff" {
		t.Errorf("%+v", raw.Message)
	}
}

// What an endpoint refuses for good goes to the dead-letter queue of the
// subscription, and so does what a queue that is gone would have got.
func TestDeadLetters(t *testing.T) {
	w := start(t)
	topic := w.topic("t")
	policy := map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + w.queue("dead") + `"}`}
	w.subscribe(topic, "sqs", queue.ARN(home, "gone"), policy)
	w.subscribe(topic, "lambda", lambdaARN("gone"), policy)
	_, err := w.client.Publish(t.Context(), &sns.PublishInput{TopicArn: topic, Message: aws.String("hello")})
	w.ok(err)
	for range 2 {
		m := w.next("dead")
		if !strings.Contains(m.Body, `"Message": "hello"`) || m.Attributes["ErrorCode"].Text != "ClientError" || m.Attributes["ErrorMessage"].Text == "" {
			t.Errorf("%+v", m.Message)
		}
	}
}

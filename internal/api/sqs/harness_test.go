package sqs

import (
	"context"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/intact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is SQS behind the real front door.
type world struct {
	testing.TB
	*sqs.Client
	url    string
	queues *queue.Queues
}

func start(t testing.TB) *world {
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	queues := queue.New(queue.Options{Store: st})
	svc := New(queues)
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	r.Add(svc.Spec(), svc)
	h := httptest.NewServer(r)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = queues.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait(); h.Close(); st.Close() })
	return &world{TB: t, url: h.URL, queues: queues, Client: sqs.New(sqs.Options{
		Region: "eu-west-1", BaseEndpoint: &h.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: intact.Client(h.Client().Transport),
	})}
}

var ctx = context.Background()

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) create(name string, attributes map[string]string) *string {
	w.Helper()
	out, err := w.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	w.ok(err)
	return out.QueueUrl
}

func (w *world) send(url *string, body string) {
	w.Helper()
	_, err := w.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
	w.ok(err)
}

// code is the code of an error, "" for none.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func str(s string) *string { return aws.String(s) }

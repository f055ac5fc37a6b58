package sns

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/topic"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/intact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is SNS behind the real front door, with functions that only listen.
type world struct {
	*testing.T
	dir    string
	url    string
	client *sns.Client
	queues *queue.Queues
	stop   func()

	mu     sync.Mutex
	events map[string][]string // of functions, by ARN
}

func start(t *testing.T) *world {
	w := &world{T: t, dir: t.TempDir(), events: map[string][]string{}}
	w.open()
	t.Cleanup(func() { w.stop() })
	return w
}

// open starts the service on the state of the directory.
func (w *world) open() {
	w.Helper()
	st, err := store.Open(filepath.Join(w.dir, "state.db"), store.Options{})
	if err != nil {
		w.Fatal(err)
	}
	w.queues = queue.New(queue.Options{Store: st})
	topics := topic.New(topic.Options{
		Store: st, Mail: filepath.Join(w.dir, "mail"), Endpoint: "http://127.0.0.1:1", Invoke: w.invoke, Queues: w.queues,
	})
	svc := New(Options{Store: st, Topics: topics})
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	r.Add(svc.Spec(), svc)
	h := httptest.NewServer(topics.Certificate(r))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- topics.Run(ctx) }()
	w.url = h.URL
	w.client = sns.New(sns.Options{
		Region: "eu-west-1", BaseEndpoint: &w.url, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: intact.Client(h.Client().Transport),
	})
	w.stop = sync.OnceFunc(func() { cancel(); <-done; h.Close(); st.Close() })
}

func (w *world) invoke(tx *store.Tx, functionARN string, event []byte) error {
	if functionARN == lambdaARN("gone") {
		return function.ErrNotFound
	}
	tx.AfterCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events[functionARN] = append(w.events[functionARN], string(event))
	})
	return nil
}

func lambdaARN(name string) string {
	return "arn:aws:lambda:eu-west-1:000000000000:function:" + name
}

func (w *world) received(functionARN string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.events[functionARN]...)
}

func (w *world) topic(name string) *string {
	w.Helper()
	out, err := w.client.CreateTopic(w.Context(), &sns.CreateTopicInput{Name: &name})
	w.ok(err)
	return out.TopicArn
}

func (w *world) subscribe(topic *string, protocol, endpoint string, attributes map[string]string) *string {
	w.Helper()
	out, err := w.client.Subscribe(w.Context(), &sns.SubscribeInput{
		TopicArn: topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes, ReturnSubscriptionArn: true,
	})
	w.ok(err)
	return out.SubscriptionArn
}

func (w *world) publish(topic *string, body string) *string {
	w.Helper()
	out, err := w.client.Publish(w.Context(), &sns.PublishInput{TopicArn: topic, Message: aws.String(body)})
	w.ok(err)
	return out.MessageId
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) fails(err error, code string) {
	w.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		w.Errorf("error %v, want the code %s", err, code)
	}
}

func (w *world) await(what string, ok func() bool) {
	w.Helper()
	limit := time.After(5 * time.Minute)
	for !ok() {
		select {
		case <-limit:
			w.Fatalf("never: %s", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// post is a request that an endpoint got.
type post struct {
	header http.Header
	body   string
	doc    map[string]any
}

// endpoint is an HTTP subscriber. answer, if set, decides the status.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []post
	answer func(post) int
}

func (w *world) endpoint() *endpoint {
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p := post{header: r.Header, body: string(body)}
		_ = json.Unmarshal(body, &p.doc)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.posts = append(e.posts, p)
		if e.answer != nil {
			rw.WriteHeader(e.answer(p))
		}
	}))
	w.Cleanup(e.Close)
	return e
}

func (e *endpoint) all() []post {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]post{}, e.posts...)
}

// of lists the posts of a type.
func (e *endpoint) of(kind string) (out []post) {
	for _, p := range e.all() {
		if p.header.Get("x-amz-sns-message-type") == kind {
			out = append(out, p)
		}
	}
	return out
}

// confirm visits the SubscribeURL that the endpoint got.
func (w *world) confirm(e *endpoint) {
	w.Helper()
	w.await("a SubscriptionConfirmation", func() bool { return len(e.of("SubscriptionConfirmation")) > 0 })
	resp, err := http.Get(e.of("SubscriptionConfirmation")[0].doc["SubscribeURL"].(string))
	w.ok(err)
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		w.Fatalf("the SubscribeURL answered %d: %s", resp.StatusCode, body)
	}
}

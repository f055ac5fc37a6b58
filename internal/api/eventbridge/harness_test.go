package eventbridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/intact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var home = arn.Scope{Account: "000000000000", Region: "eu-west-1"}

// received is what functions and topics got, by ARN: a table, so that it is
// there if and only if the transaction is.
type received struct{ Payloads []string }

var inboxes = store.NewTable[received]("test.inbox")

// world is EventBridge behind the real front door, with functions and topics that
// only listen.
type world struct {
	*testing.T
	dir    string
	store  *store.Store
	router *bus.Router
	logs   *logs.Store
	queues *queue.Queues
	client *eventbridge.Client
	run    func() // starts the router
	stop   func()

	mu   sync.Mutex
	full bool // the queues of functions are
}

func start(t *testing.T) *world {
	w := &world{T: t, dir: t.TempDir()}
	w.open()
	w.run()
	t.Cleanup(func() { w.stop() })
	return w
}

// open starts the service on the state of the directory, without the router.
func (w *world) open() {
	w.Helper()
	st, err := store.Open(filepath.Join(w.dir, "state.db"), store.Options{})
	w.ok(err)
	vault, err := secret.NewVault(st, filepath.Join(w.dir, "secrets.key"))
	w.ok(err)
	lg, err := logs.New(logs.Options{Dir: filepath.Join(w.dir, "logs"), Store: st})
	w.ok(err)
	w.queues = queue.New(queue.Options{Store: st})
	router, err := bus.New(bus.Options{
		Store: st, Vault: vault, Logs: lg, Invoke: w.invoke, Publish: w.publish, Queues: w.queues, Minute: 30 * time.Millisecond,
	})
	w.ok(err)
	svc := New(Options{Store: st, Router: router})
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	r.Add(svc.Spec(), svc)
	h := httptest.NewServer(r)
	w.store, w.logs, w.router = st, lg, router
	w.client = eventbridge.New(eventbridge.Options{
		Region: home.Region, BaseEndpoint: &h.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: intact.Client(h.Client().Transport),
	})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	w.run = sync.OnceFunc(func() {
		wg.Go(func() {
			if err := router.Run(ctx); err != nil {
				w.Error(err)
			}
		})
	})
	w.stop = sync.OnceFunc(func() { cancel(); wg.Wait(); h.Close(); lg.Close(); st.Close() })
}

func (w *world) restart() {
	w.Helper()
	w.stop()
	w.open()
	w.run()
}

func (w *world) invoke(tx *store.Tx, functionARN string, event []byte) error {
	w.mu.Lock()
	full := w.full
	w.mu.Unlock()
	switch {
	case functionARN == lambdaARN("gone"):
		return function.ErrNotFound
	case full:
		return function.ErrQueueFull
	}
	return w.publish(tx, functionARN, string(event))
}

func (w *world) publish(tx *store.Tx, topicARN, message string) error {
	if topicARN == snsTopic("gone") {
		return errors.New("no such topic")
	}
	next := received{}
	if old, ok := inboxes.Get(tx, topicARN); ok {
		next.Payloads = append(next.Payloads, old.Payloads...)
	}
	next.Payloads = append(next.Payloads, message)
	inboxes.Put(tx, topicARN, &next)
	return nil
}

func lambdaARN(name string) string {
	return arn.Make("lambda", home.Region, home.Account, "function:"+name)
}

func snsTopic(name string) string { return arn.Make("sns", home.Region, home.Account, name) }

// inbox is what a function or a topic got.
func (w *world) inbox(target string) (out []string) {
	w.store.View(func(tx *store.Tx) {
		if r, ok := inboxes.Get(tx, target); ok {
			out = r.Payloads
		}
	})
	return out
}

// emit writes an event of grue's own into the history.
func (w *world) emit(detailType, detail string) {
	w.Helper()
	w.ok(w.store.Update(func(tx *store.Tx) error {
		tx.Emit(store.Event{
			Source: "aws.ecs", DetailType: detailType, Account: home.Account, Region: home.Region,
			Resources: []string{"arn:aws:ecs:eu-west-1:000000000000:service/c/s"}, Detail: json.RawMessage(detail),
		})
		return nil
	}))
}

// rule makes a rule with targets.
func (w *world) rule(name, pattern string, targets ...types.Target) *string {
	w.Helper()
	out, err := w.client.PutRule(w.Context(), &eventbridge.PutRuleInput{Name: &name, EventPattern: &pattern})
	w.ok(err)
	w.targets(name, targets...)
	return out.RuleArn
}

func (w *world) targets(rule string, targets ...types.Target) {
	w.Helper()
	if len(targets) == 0 {
		return
	}
	for i := range targets {
		targets[i].Id = aws.String(fmt.Sprint("t", i))
	}
	out, err := w.client.PutTargets(w.Context(), &eventbridge.PutTargetsInput{Rule: &rule, Targets: targets})
	w.ok(err)
	if out.FailedEntryCount != 0 {
		w.Fatalf("%+v", out.FailedEntries)
	}
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

// hit is a request that an endpoint got.
type hit struct {
	*http.Request
	body string
}

// endpoint is an HTTP server; answer, if set, writes the answer.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	hits   []hit
	answer func(w http.ResponseWriter, h hit)
}

func (w *world) endpoint(answer func(http.ResponseWriter, hit)) *endpoint {
	e := &endpoint{answer: answer}
	e.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.hits = append(e.hits, hit{r, string(body)})
		if e.answer != nil {
			e.answer(rw, hit{r, string(body)})
		}
	}))
	w.Cleanup(e.Close)
	return e
}

func (e *endpoint) all() []hit {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]hit{}, e.hits...)
}

package blackbox

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// mailman is the clients of a queue, and what they know.
type mailman struct {
	*testing.T
	*sqs.Client
	url *string

	mu      sync.Mutex
	done    map[string]bool // bodies of which a delete was acknowledged
	deleted map[string]bool // ids of those messages
	again   []string        // ids that came back
}

func newMailman(t *testing.T, g *harness.Grue, queue string, attributes map[string]string) *mailman {
	t.Helper()
	m := &mailman{T: t, Client: sqs.NewFromConfig(g.Config()), done: map[string]bool{}, deleted: map[string]bool{}}
	out, err := m.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &queue, Attributes: attributes})
	m.ok(err)
	m.url = out.QueueUrl
	return m
}

func (m *mailman) ok(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

// send sends a message until it is accepted.
func (m *mailman) send(body string) {
	for m.Context().Err() == nil {
		if _, err := m.SendMessage(m.Context(), &sqs.SendMessageInput{QueueUrl: m.url, MessageBody: &body}); err == nil {
			return
		}
	}
}

// receive receives a message with all that is known of it, or nil.
func (m *mailman) receive(wait, visibility int32) *types.Message {
	m.Helper()
	out, err := m.ReceiveMessage(m.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: m.url, WaitTimeSeconds: wait, VisibilityTimeout: visibility,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	m.ok(err)
	if len(out.Messages) == 0 {
		return nil
	}
	return &out.Messages[0]
}

// work receives and deletes until so many different messages are done. Only one may
// work: with two, the visibility timeout of a message can pass while one is slow, the
// other receives it, and the handle of the first deletes nothing, as in AWS.
func (m *mailman) work(total int) {
	for m.Context().Err() == nil && m.count() < total {
		out, err := m.ReceiveMessage(m.Context(), &sqs.ReceiveMessageInput{QueueUrl: m.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			continue // the server is away
		}
		for _, x := range out.Messages {
			m.mu.Lock()
			if m.deleted[*x.MessageId] {
				m.again = append(m.again, *x.MessageId)
			}
			m.mu.Unlock()
			if _, err := m.DeleteMessage(m.Context(), &sqs.DeleteMessageInput{QueueUrl: m.url, ReceiptHandle: x.ReceiptHandle}); err == nil {
				m.mu.Lock()
				m.done[*x.Body], m.deleted[*x.MessageId] = true, true
				m.mu.Unlock()
			}
		}
	}
}

func (m *mailman) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.done)
}

// TestQueueSurvivesKills: what SendMessage accepted is received, although the
// server dies again and again, and what was deleted does not come back.
func TestQueueSurvivesKills(t *testing.T) {
	t.Parallel()
	g := harness.Start(t, "--runtime", "fake")
	m := newMailman(t, g, "q", map[string]string{"VisibilityTimeout": "2"})
	const senders, each, kills = 4, 60, 4
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for i := range each {
				m.send(fmt.Sprintf("%d.%d", s, i))
			}
		})
	}
	all.Go(func() { m.work(senders * each) })
	for kill := range kills {
		harness.Await(t, "some messages are done", func() bool { return m.count() > kill*senders*each/(kills+1) })
		g.Kill("server")
		g.Healthy()
	}
	all.Wait()
	if n := m.count(); n != senders*each || len(m.again) > 0 {
		t.Errorf("%d messages are done, want %d; deleted ones that came back: %v", n, senders*each, m.again)
	}
}

// TestQueueAcrossARestart: a message in flight stays so, its receipt handle is
// good, its receives are counted on; a deleted one is gone.
func TestQueueAcrossARestart(t *testing.T) {
	t.Parallel()
	g := harness.Start(t, "--runtime", "fake")
	m := newMailman(t, g, "q", nil)
	m.send("a")
	first := m.receive(20, 43200)
	g.Kill("server")
	g.Healthy()
	if x := m.receive(0, 30); x != nil {
		t.Fatalf("in flight, and received: %+v", x)
	}
	_, err := m.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: m.url, ReceiptHandle: first.ReceiptHandle, VisibilityTimeout: 0})
	m.ok(err)
	second := m.receive(20, 43200)
	if second.Attributes["ApproximateReceiveCount"] != "2" || *second.MessageId != *first.MessageId ||
		second.Attributes["ApproximateFirstReceiveTimestamp"] != first.Attributes["ApproximateFirstReceiveTimestamp"] {
		t.Errorf("%+v after %+v", second, first)
	}
	g.Kill("server")
	g.Healthy()
	_, err = m.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: m.url, ReceiptHandle: second.ReceiptHandle})
	m.ok(err)
	g.Kill("server")
	g.Healthy()
	out, err := m.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: m.url, AttributeNames: []types.QueueAttributeName{"All"}})
	m.ok(err)
	for _, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"} {
		if out.Attributes[name] != "0" {
			t.Errorf("%s is %s", name, out.Attributes[name])
		}
	}
	// A long poll does not hold up the end.
	done, began := make(chan struct{}), time.Now()
	go func() {
		defer close(done)
		_, _ = m.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: m.url, WaitTimeSeconds: 20}, func(o *sqs.Options) { o.RetryMaxAttempts = 1 })
	}()
	g.Down()
	if took := time.Since(began); took > 19*time.Second {
		t.Errorf("grue up ended %v after a poll of 20 s began", took)
	}
	<-done
}

// TestQueueMetrics: what happens in a queue is under AWS/SQS within a minute.
func TestQueueMetrics(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	m := newMailman(t, g, "measured", nil)
	for i := range 3 {
		m.send(fmt.Sprint(i))
	}
	m.receive(20, 600)
	x := m.receive(20, 600)
	_, err := m.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: m.url, ReceiptHandle: x.ReceiptHandle})
	m.ok(err)
	metrics, began := cw.NewFromConfig(g.Config()), time.Now().Add(-time.Hour)
	// value is a statistic of the datapoints since the start: all, or the newest.
	value := func(name string, stat cwtypes.Statistic, newest bool) float64 {
		out, err := metrics.GetMetricStatistics(t.Context(), &cw.GetMetricStatisticsInput{
			Namespace: aws.String("AWS/SQS"), MetricName: &name, Dimensions: []cwtypes.Dimension{{Name: aws.String("QueueName"), Value: aws.String("measured")}},
			StartTime: &began, EndTime: aws.Time(time.Now().Add(time.Minute)), Period: aws.Int32(60), Statistics: []cwtypes.Statistic{stat},
		})
		m.ok(err)
		var sum, last float64
		var at time.Time
		for _, d := range out.Datapoints {
			v := aws.ToFloat64(d.Sum)
			if stat == cwtypes.StatisticMaximum {
				v = aws.ToFloat64(d.Maximum)
			}
			sum += v
			if d.Timestamp.After(at) {
				at, last = *d.Timestamp, v
			}
		}
		if newest {
			return last
		}
		return sum
	}
	for _, want := range []struct {
		name   string
		stat   cwtypes.Statistic
		newest bool
		value  float64
	}{
		{"NumberOfMessagesSent", cwtypes.StatisticSum, false, 3},
		{"NumberOfMessagesReceived", cwtypes.StatisticSum, false, 2},
		{"NumberOfMessagesDeleted", cwtypes.StatisticSum, false, 1},
		{"SentMessageSize", cwtypes.StatisticSum, false, 3},
		{"ApproximateNumberOfMessagesVisible", cwtypes.StatisticSum, true, 1},
		{"ApproximateNumberOfMessagesNotVisible", cwtypes.StatisticMaximum, true, 1},
		{"ApproximateNumberOfMessagesDelayed", cwtypes.StatisticMaximum, true, 0},
	} {
		harness.Await(t, fmt.Sprintf("%s is %v", want.name, want.value), func() bool { return value(want.name, want.stat, want.newest) == want.value })
	}
	harness.Await(t, "the oldest message ages", func() bool { return value("ApproximateAgeOfOldestMessage", cwtypes.StatisticMaximum, true) >= 1 })
}

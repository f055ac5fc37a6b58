package blackbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	evtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/grue-ecs/grue/test/harness"
)

// inbox is an HTTP subscriber and an API destination; while it is busy it
// answers 503.
type inbox struct {
	*httptest.Server
	mu       sync.Mutex
	busy     bool
	messages map[string]int // by their text
}

func newInbox(t *testing.T, confirm func(url string)) *inbox {
	in := &inbox{messages: map[string]int{}}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var doc struct {
			Type, Message, SubscribeURL string
			Detail                      struct{ State struct{ Reason string } }
		}
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Errorf("%v: %s", err, body)
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		switch {
		case in.busy:
			w.WriteHeader(http.StatusServiceUnavailable)
		case doc.Type == "SubscriptionConfirmation":
			go confirm(doc.SubscribeURL)
		case doc.Type == "Notification":
			in.messages[doc.Message]++
		default:
			in.messages["event "+doc.Detail.State.Reason]++
		}
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) setBusy(busy bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.busy = busy
}

// has counts the texts that begin with prefix.
func (in *inbox) has(prefix string) (n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for text := range in.messages {
		if strings.HasPrefix(text, prefix) {
			n++
		}
	}
	return n
}

// TestMessagesSurviveKills: what Publish accepted, and each change of an alarm,
// reaches its endpoints, although the server dies again and again and the
// endpoints are away half of the time.
func TestMessagesSurviveKills(t *testing.T) {
	t.Parallel()
	g := harness.Start(t, "--runtime", "fake", "--minute", "5s")
	ctx := context.Background()
	topics, events, alarms := sns.NewFromConfig(g.Config()), eventbridge.NewFromConfig(g.Config()), cw.NewFromConfig(g.Config())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in := newInbox(t, func(url string) {
		if resp, err := http.Get(url); err == nil {
			resp.Body.Close()
		}
	})
	topic, err := topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("t")})
	must(err)
	// A try every second or so, for five minutes, so that the test need not wait for the pauses of AWS.
	_, err = topics.Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("http"), Endpoint: aws.String(in.URL),
		Attributes: map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"numRetries":100,"minDelayTarget":1,"maxDelayTarget":5}}`},
	})
	must(err)
	harness.Await(t, "the confirmation", func() bool {
		a, err := topics.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: topic.TopicArn})
		return err == nil && a.Attributes["SubscriptionsConfirmed"] == "1"
	})
	key := &evtypes.CreateConnectionApiKeyAuthRequestParameters{ApiKeyName: aws.String("X-Key"), ApiKeyValue: aws.String("k")}
	conn, err := events.CreateConnection(ctx, &eventbridge.CreateConnectionInput{
		Name: aws.String("c"), AuthorizationType: evtypes.ConnectionAuthorizationTypeApiKey,
		AuthParameters: &evtypes.CreateConnectionAuthRequestParameters{ApiKeyAuthParameters: key},
	})
	must(err)
	dest, err := events.CreateApiDestination(ctx, &eventbridge.CreateApiDestinationInput{
		Name: aws.String("d"), ConnectionArn: conn.ConnectionArn, HttpMethod: "POST", InvocationEndpoint: &in.URL,
	})
	must(err)
	_, err = events.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("r"), EventPattern: aws.String(`{"detail-type":["CloudWatch Alarm State Change"]}`)})
	must(err)
	_, err = events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: []evtypes.Target{{Id: aws.String("d"), Arn: dest.ApiDestinationArn}}})
	must(err)
	_, err = alarms.PutMetricAlarm(ctx, &cw.PutMetricAlarmInput{
		AlarmName: aws.String("a"), Namespace: aws.String("n"), MetricName: aws.String("m"), Statistic: "Sum", Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanThreshold", TreatMissingData: aws.String("ignore"),
	})
	must(err)

	const rounds, each = 4, 20
	for round := range rounds {
		in.setBusy(round%2 == 1)
		for i := range each {
			_, err := topics.Publish(ctx, &sns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String(fmt.Sprintf("message %d.%d", round, i))})
			must(err)
			state := cwtypes.StateValueAlarm
			if i%2 == 1 {
				state = cwtypes.StateValueOk
			}
			_, err = alarms.SetAlarmState(ctx, &cw.SetAlarmStateInput{AlarmName: aws.String("a"), StateValue: state, StateReason: aws.String(fmt.Sprintf("%d.%d", round, i))})
			must(err)
		}
		g.Kill("server")
		g.Healthy()
	}
	in.setBusy(false)
	harness.Await(t, "every message and every event", func() bool {
		return in.has("message ") == rounds*each && in.has("event ") == rounds*each
	})
}

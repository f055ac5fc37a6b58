package sns

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

func TestTopics(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	create := &sns.CreateTopicInput{
		Name: aws.String("alarms"), Attributes: map[string]string{"DisplayName": "Alarms"},
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}},
	}
	for range 2 {
		out, err := w.client.CreateTopic(ctx, create)
		w.ok(err)
		if *out.TopicArn != "arn:aws:sns:eu-west-1:000000000000:alarms" {
			t.Error(*out.TopicArn)
		}
	}
	arn := w.topic("alarms") // asks for nothing else
	_, err := w.client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("alarms"), Attributes: map[string]string{"DisplayName": "Other"}})
	w.fails(err, "InvalidParameter")
	for _, name := range []string{"", "a b", "a.fifo", strings.Repeat("x", 257)} {
		_, err := w.client.CreateTopic(ctx, &sns.CreateTopicInput{Name: &name})
		w.fails(err, "InvalidParameter")
	}

	_, err = w.client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: arn, AttributeName: aws.String("SignatureVersion"), AttributeValue: aws.String("2")})
	w.ok(err)
	_, err = w.client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: arn, AttributeName: aws.String("Colour"), AttributeValue: aws.String("2")})
	w.fails(err, "InvalidParameter")
	got, err := w.client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn})
	w.ok(err)
	if a := got.Attributes; a["DisplayName"] != "Alarms" || a["SignatureVersion"] != "2" || a["Owner"] != "000000000000" || a["SubscriptionsConfirmed"] != "0" || !json.Valid([]byte(a["Policy"])) {
		t.Errorf("%v", a)
	}

	_, err = w.client.TagResource(ctx, &sns.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("")}}})
	w.ok(err)
	_, err = w.client.UntagResource(ctx, &sns.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team"}})
	w.ok(err)
	tags, err := w.client.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: arn})
	w.ok(err)
	if len(tags.Tags) != 1 || *tags.Tags[0].Key != "env" {
		t.Errorf("%+v", tags.Tags)
	}
	_, err = w.client.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: aws.String(*arn + "x")})
	w.fails(err, "ResourceNotFound")

	_, err = w.client.AddPermission(ctx, &sns.AddPermissionInput{TopicArn: arn, Label: aws.String("l"), AWSAccountId: []string{"123456789012"}, ActionName: []string{"Publish"}})
	w.ok(err)
	_, err = w.client.RemovePermission(ctx, &sns.RemovePermissionInput{TopicArn: arn, Label: aws.String("l")})
	w.ok(err)
	_, err = w.client.RemovePermission(ctx, &sns.RemovePermissionInput{TopicArn: arn, Label: aws.String("l")})
	w.fails(err, "NotFound")

	for i := range 101 {
		w.topic("many-" + string(rune('a'+i/26)) + string(rune('a'+i%26)))
	}
	pages := sns.NewListTopicsPaginator(w.client, &sns.ListTopicsInput{})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		w.ok(err)
		count += len(page.Topics)
	}
	if count != 102 {
		t.Errorf("%d topics", count)
	}
	for range 2 {
		_, err = w.client.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: arn})
		w.ok(err)
	}
	_, err = w.client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn})
	w.fails(err, "NotFound")
}

func TestSubscribeRefuses(t *testing.T) {
	w := start(t)
	arn := w.topic("t")
	for _, tt := range []struct {
		protocol, endpoint string
		attributes         map[string]string
		text               string
	}{
		{"sqs", "q", nil, "ARN of an SQS queue"},
		{"sqs", "arn:aws:sqs:eu-west-1:000000000000:q.fifo", nil, "FIFO SQS Queues"},
		{"sms", "+15550100", nil, "http, https, email, email-json, lambda and sqs"},
		{"carrier-pigeon", "x", nil, "http, https, email, email-json, lambda and sqs"},
		{"http", "https://example.com/", nil, "match the specified protocol"},
		{"https", "example.com", nil, "match the specified protocol"},
		{"email", "../../etc/passwd", nil, "no endpoint"},
		{"email", "a/b@example.com", nil, "no endpoint"},
		{"lambda", "f", nil, "ARN of a Lambda function"},
		{"lambda", lambdaARN("f"), map[string]string{"RawMessageDelivery": "true"}, "raw"},
		{"lambda", lambdaARN("f"), map[string]string{"FilterPolicy": `{"a":"b"}`}, "must be an object or an array"},
		{"lambda", lambdaARN("f"), map[string]string{"FilterPolicy": `{"a":{"b":["c"]}}`}, "nested"},
		{"lambda", lambdaARN("f"), map[string]string{"FilterPolicyScope": "Everywhere"}, "MessageBody"},
		{"lambda", lambdaARN("f"), map[string]string{"RedrivePolicy": "{}"}, "SQS"},
		{"lambda", lambdaARN("f"), map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"q"}`}, "invalid ARN"},
		{"lambda", lambdaARN("f"), map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:q.fifo"}`}, "standard queue"},
		{"lambda", lambdaARN("f"), map[string]string{"Colour": "blue"}, "cannot be set"},
		{"http", "http://x/", map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"numRetries":101}}`}, "numRetries"},
		{"http", "http://x/", map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"numRetries":1,"numNoDelayRetries":2}}`}, "more than numRetries"},
	} {
		_, err := w.client.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: arn, Protocol: &tt.protocol, Endpoint: &tt.endpoint, Attributes: tt.attributes})
		w.fails(err, "InvalidParameter")
		if err != nil && !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s %s: %v", tt.protocol, tt.endpoint, err)
		}
	}
	_, err := w.client.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: aws.String(*arn + "x"), Protocol: aws.String("email"), Endpoint: aws.String("a@b.c")})
	w.fails(err, "NotFound")
}

// verify does what a validator of messages does.
func (w *world) verify(doc map[string]any) {
	w.Helper()
	url := doc["SigningCertURL"].(string)
	if !strings.HasPrefix(url, w.url) || !strings.HasSuffix(url, ".pem") {
		w.Fatalf("SigningCertURL %s", url)
	}
	resp, err := http.Get(url)
	w.ok(err)
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	block, _ := pem.Decode(text)
	if block == nil {
		w.Fatalf("no certificate: %s", text)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	w.ok(err)
	names := []string{"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	if doc["Type"] == "Notification" {
		names = []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	}
	var signed string
	for _, n := range names {
		if v, ok := doc[n].(string); ok {
			signed += n + "\n" + v + "\n"
		}
	}
	sig, err := base64.StdEncoding.DecodeString(doc["Signature"].(string))
	w.ok(err)
	hash, sum := crypto.SHA1, sha1.Sum([]byte(signed))
	digest := sum[:]
	if doc["SignatureVersion"] == "2" {
		long := sha256.Sum256([]byte(signed))
		hash, digest = crypto.SHA256, long[:]
	}
	w.ok(rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), hash, digest, sig))
}

func TestHTTP(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	arn, e := w.topic("t"), w.endpoint()
	out, err := w.client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: arn, Protocol: aws.String("http"), Endpoint: aws.String(e.URL + "/hook")})
	w.ok(err)
	if *out.SubscriptionArn != "pending confirmation" {
		t.Error(*out.SubscriptionArn)
	}
	w.await("a SubscriptionConfirmation", func() bool { return len(e.all()) == 1 })
	ask := e.all()[0]
	w.verify(ask.doc)
	if ask.header.Get("x-amz-sns-topic-arn") != *arn || ask.header.Get("x-amz-sns-message-id") != ask.doc["MessageId"] ||
		ask.header.Get("Content-Type") != "text/plain; charset=UTF-8" || ask.doc["Token"] == nil || ask.doc["TopicArn"] != *arn {
		t.Errorf("%v\n%s", ask.header, ask.body)
	}
	w.publish(arn, "too early")
	listed, err := w.client.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: arn})
	w.ok(err)
	if len(listed.Subscriptions) != 1 || *listed.Subscriptions[0].SubscriptionArn != "PendingConfirmation" {
		t.Errorf("%+v", listed.Subscriptions)
	}
	_, err = w.client.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: arn, Token: aws.String("wrong")})
	w.fails(err, "InvalidParameter")
	w.confirm(e)
	confirmed, err := w.client.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: arn, Token: aws.String(ask.doc["Token"].(string))})
	w.ok(err) // again

	sent, err := w.client.Publish(ctx, &sns.PublishInput{
		TopicArn: arn, Subject: aws.String("Hello"), Message: aws.String("a <b> & \"c\"\nline"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"n": {DataType: aws.String("Number"), StringValue: aws.String("5")},
			"b": {DataType: aws.String("Binary"), BinaryValue: []byte{1, 2}},
		},
	})
	w.ok(err)
	w.await("a Notification", func() bool { return len(e.of("Notification")) == 1 })
	got := e.of("Notification")[0]
	w.verify(got.doc)
	if got.doc["Message"] != "a <b> & \"c\"\nline" || got.doc["Subject"] != "Hello" || got.doc["MessageId"] != *sent.MessageId ||
		got.header.Get("x-amz-sns-subscription-arn") != *confirmed.SubscriptionArn || !strings.Contains(got.body, "a <b> & ") {
		t.Errorf("%v\n%s", got.header, got.body)
	}
	if a := got.doc["MessageAttributes"].(map[string]any)["b"].(map[string]any); a["Type"] != "Binary" || a["Value"] != "AQI=" {
		t.Errorf("%v", a)
	}

	_, err = w.client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: arn, AttributeName: aws.String("SignatureVersion"), AttributeValue: aws.String("2")})
	w.ok(err)
	w.publish(arn, "second")
	w.await("the second", func() bool { return len(e.of("Notification")) == 2 })
	w.verify(e.of("Notification")[1].doc)

	_, err = w.client.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{
		SubscriptionArn: confirmed.SubscriptionArn, AttributeName: aws.String("RawMessageDelivery"), AttributeValue: aws.String("true"),
	})
	w.ok(err)
	w.publish(arn, "raw")
	w.await("the raw one", func() bool { return len(e.of("Notification")) == 3 })
	if p := e.of("Notification")[2]; p.body != "raw" || p.header.Get("x-amz-sns-rawdelivery") != "true" {
		t.Errorf("%v %s", p.header, p.body)
	}

	resp, err := http.Get(got.doc["UnsubscribeURL"].(string))
	w.ok(err)
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if _, err := w.client.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: confirmed.SubscriptionArn}); resp.StatusCode != 200 || err == nil {
		t.Errorf("after the UnsubscribeURL (%d) the subscription is there", resp.StatusCode)
	}
	for _, p := range e.all() {
		if strings.Contains(p.body, "too early") {
			t.Error("an unconfirmed subscription got a message")
		}
	}
}

// Answers of 5xx are tried again, those of 4xx are not; the order is kept
// otherwise.
func TestRetry(t *testing.T) {
	w := start(t)
	arn, e := w.topic("t"), w.endpoint()
	w.subscribe(arn, "http", e.URL, nil)
	w.confirm(e)
	tries := map[string]int{}
	e.mu.Lock()
	e.answer = func(p post) int {
		body, _ := p.doc["Message"].(string)
		tries[body]++
		switch {
		case body == "bad":
			return 403
		case body == "late" && tries[body] < 4:
			return 503
		}
		return 200
	}
	e.mu.Unlock()
	for _, m := range []string{"bad", "late", "last"} {
		w.publish(arn, m)
	}
	w.await("all tries", func() bool { return len(e.of("Notification")) == 6 })
	e.mu.Lock()
	defer e.mu.Unlock()
	if tries["bad"] != 1 || tries["late"] != 4 || tries["last"] != 1 {
		t.Errorf("%v", tries)
	}
}

func TestLambda(t *testing.T) {
	w := start(t)
	arn := w.topic("t")
	w.subscribe(arn, "lambda", lambdaARN("gone"), nil) // holds up nobody
	sub := w.subscribe(arn, "lambda", lambdaARN("f"), nil)
	id := w.publish(arn, "hi")
	w.await("an event", func() bool { return len(w.received(lambdaARN("f"))) == 1 })
	var event struct {
		Records []struct {
			EventSource, EventVersion, EventSubscriptionArn string
			Sns                                             map[string]any
		}
	}
	w.ok(json.Unmarshal([]byte(w.received(lambdaARN("f"))[0]), &event))
	r := event.Records[0]
	if r.EventSource != "aws:sns" || r.EventVersion != "1.0" || r.EventSubscriptionArn != *sub || r.Sns["MessageId"] != *id || r.Sns["Message"] != "hi" ||
		r.Sns["SigningCertUrl"] == nil || r.Sns["Type"] != "Notification" {
		t.Errorf("%+v", r)
	}
	if subject, there := r.Sns["Subject"]; subject != nil || !there {
		t.Errorf("Subject %v, %v", subject, there)
	}
}

func TestMail(t *testing.T) {
	w := start(t)
	arn := w.topic("t")
	w.subscribe(arn, "email", "ops+alerts@example.com", nil)
	w.subscribe(arn, "email-json", "robot@example.com", nil)
	out, err := w.client.Publish(t.Context(), &sns.PublishInput{
		TopicArn: arn, Subject: aws.String("Déploiement"), MessageStructure: aws.String("json"),
		Message: aws.String(`{"default":"{\"a\":1}","email":"To people"}`),
	})
	w.ok(err)
	read := func(address string) (header mail.Header, body string) {
		file := filepath.Join(w.dir, "mail", address, *out.MessageId+".eml")
		w.await("a mail of "+address, func() bool { _, err := os.Stat(file); return err == nil })
		f, err := os.Open(file)
		w.ok(err)
		defer f.Close()
		m, err := mail.ReadMessage(f)
		w.ok(err)
		text, err := io.ReadAll(m.Body)
		w.ok(err)
		return m.Header, string(text)
	}
	header, body := read("ops+alerts@example.com")
	if !strings.HasPrefix(body, "To people\n") || header.Get("To") != "ops+alerts@example.com" || !strings.HasPrefix(header.Get("Subject"), "=?utf-8?q?D") {
		t.Errorf("%v\n%s", header, body)
	}
	_, body = read("robot@example.com")
	var doc map[string]any
	w.ok(json.Unmarshal([]byte(body), &doc))
	w.verify(doc)
	if doc["Message"] != `{"a":1}` || doc["Subject"] != "Déploiement" {
		t.Error(body)
	}
}

func TestFilterPolicies(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	arn := w.topic("t")
	byAttribute := w.subscribe(arn, "lambda", lambdaARN("attr"), map[string]string{"FilterPolicy": `{"env":["prod"],"n":[{"numeric":[">",5]}],"list":["b"]}`})
	w.subscribe(arn, "lambda", lambdaARN("body"), map[string]string{"FilterPolicy": `{"detail":{"state":["FAILED"]}}`, "FilterPolicyScope": "MessageBody"})
	w.subscribe(arn, "lambda", lambdaARN("all"), nil)
	attributes := func(env, n, list string) map[string]types.MessageAttributeValue {
		return map[string]types.MessageAttributeValue{
			"env": {DataType: aws.String("String"), StringValue: &env}, "n": {DataType: aws.String("Number.int"), StringValue: &n},
			"list": {DataType: aws.String("String.Array"), StringValue: &list},
		}
	}
	for _, m := range []struct {
		body       string
		attributes map[string]types.MessageAttributeValue
	}{
		{`{"detail":{"state":"FAILED"}}`, nil},
		{`{"detail":{"state":"OK"}}`, attributes("prod", "6", `["a","b"]`)},
		{`no JSON`, attributes("prod", "5", `["b"]`)},
		{`["FAILED"]`, attributes("test", "6", `["b"]`)},
		{`end`, nil},
	} {
		_, err := w.client.Publish(ctx, &sns.PublishInput{TopicArn: arn, Message: &m.body, MessageAttributes: m.attributes})
		w.ok(err)
	}
	w.await("all messages", func() bool { return len(w.received(lambdaARN("all"))) == 5 })
	w.await("the others", func() bool {
		return len(w.received(lambdaARN("attr"))) == 1 && len(w.received(lambdaARN("body"))) == 1
	})
	if got := w.received(lambdaARN("body"))[0]; !strings.Contains(got, "FAILED") {
		t.Error(got)
	}
	_, err := w.client.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{SubscriptionArn: byAttribute, AttributeName: aws.String("FilterPolicy"), AttributeValue: aws.String("{}")})
	w.ok(err)
	got, err := w.client.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: byAttribute})
	w.ok(err)
	if _, there := got.Attributes["FilterPolicy"]; there || got.Attributes["PendingConfirmation"] != "false" {
		t.Errorf("%v", got.Attributes)
	}
}

func TestPublishRefuses(t *testing.T) {
	w := start(t)
	arn := w.topic("t")
	text := func(kind, value string) map[string]types.MessageAttributeValue {
		return map[string]types.MessageAttributeValue{"a": {DataType: &kind, StringValue: &value}}
	}
	for name, tt := range map[string]struct {
		in   sns.PublishInput
		code string
	}{
		"no topic":   {sns.PublishInput{Message: aws.String("x")}, "InvalidParameter"},
		"other":      {sns.PublishInput{TopicArn: aws.String(*arn + "x"), Message: aws.String("x")}, "NotFound"},
		"phone":      {sns.PublishInput{PhoneNumber: aws.String("+1"), Message: aws.String("x")}, "InvalidParameter"},
		"empty":      {sns.PublishInput{TopicArn: arn, Message: aws.String("")}, "InvalidParameter"},
		"long":       {sns.PublishInput{TopicArn: arn, Message: aws.String(strings.Repeat("x", 256<<10+1))}, "InvalidParameter"},
		"subject":    {sns.PublishInput{TopicArn: arn, Message: aws.String("x"), Subject: aws.String("a\nb")}, "InvalidParameter"},
		"no default": {sns.PublishInput{TopicArn: arn, Message: aws.String(`{"email":"x"}`), MessageStructure: aws.String("json")}, "InvalidParameter"},
		"no JSON":    {sns.PublishInput{TopicArn: arn, Message: aws.String(`x`), MessageStructure: aws.String("json")}, "InvalidParameter"},
		"type":       {sns.PublishInput{TopicArn: arn, Message: aws.String("x"), MessageAttributes: text("Text", "v")}, "ParameterValueInvalid"},
		"number":     {sns.PublishInput{TopicArn: arn, Message: aws.String("x"), MessageAttributes: text("Number", "five")}, "ParameterValueInvalid"},
		"group":      {sns.PublishInput{TopicArn: arn, Message: aws.String("x"), MessageGroupId: aws.String("g")}, "InvalidParameter"},
	} {
		_, err := w.client.Publish(t.Context(), &tt.in)
		t.Log(name)
		w.fails(err, tt.code)
	}
}

func TestBatch(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	arn := w.topic("t")
	w.subscribe(arn, "lambda", lambdaARN("f"), nil)
	entry := func(id, body string) types.PublishBatchRequestEntry {
		return types.PublishBatchRequestEntry{Id: &id, Message: &body}
	}
	out, err := w.client.PublishBatch(ctx, &sns.PublishBatchInput{TopicArn: arn, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{entry("a", "1"), entry("b", ""), entry("c", "3")}})
	w.ok(err)
	if len(out.Successful) != 2 || len(out.Failed) != 1 || *out.Failed[0].Id != "b" || *out.Failed[0].Code != "InvalidParameter" {
		t.Errorf("%+v", out)
	}
	w.await("two events", func() bool { return len(w.received(lambdaARN("f"))) == 2 })
	for code, list := range map[string][]types.PublishBatchRequestEntry{
		"EmptyBatchRequest":            {},
		"BatchEntryIdsNotDistinct":     {entry("a", "1"), entry("a", "2")},
		"InvalidBatchEntryId":          {entry("a b", "1")},
		"TooManyEntriesInBatchRequest": make([]types.PublishBatchRequestEntry, 11),
	} {
		if code == "TooManyEntriesInBatchRequest" {
			for i := range list {
				list[i] = entry(string(rune('a'+i)), "x")
			}
		}
		_, err := w.client.PublishBatch(ctx, &sns.PublishBatchInput{TopicArn: arn, PublishBatchRequestEntries: list})
		w.fails(err, code)
	}
}

// A message that Publish accepted is delivered after a restart.
func TestDurable(t *testing.T) {
	w := start(t)
	arn, e := w.topic("t"), w.endpoint()
	w.subscribe(arn, "http", e.URL, nil)
	w.confirm(e)
	e.mu.Lock()
	e.answer = func(post) int { return 500 }
	e.mu.Unlock()
	id := w.publish(arn, "keep me")
	w.await("a try in vain", func() bool { return len(e.of("Notification")) > 0 })
	w.stop()
	e.mu.Lock()
	e.posts, e.answer = nil, nil
	e.mu.Unlock()
	w.open()
	w.await("the message", func() bool { return len(e.of("Notification")) > 0 })
	p := e.of("Notification")[0]
	if p.doc["MessageId"] != *id || p.doc["Message"] != "keep me" {
		t.Error(p.body)
	}
}

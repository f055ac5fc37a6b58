package sqs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/test/boto"
)

func TestErrors(t *testing.T) {
	w := start(t)
	q := w.create("q", nil)
	gone := str(strings.TrimSuffix(*q, "/q") + "/gone")
	entry := func(id string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: str("x")}
	}
	large := types.SendMessageBatchRequestEntry{Id: str("l"), MessageBody: str(strings.Repeat("x", 600_000))}
	larger := large
	larger.Id = str("m")
	for want, call := range map[string]func() error{
		"QueueDoesNotExist": func() error {
			_, err := w.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: gone, MessageBody: str("x")})
			return err
		},
		"QueueNameExists": func() error {
			_, err := w.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: str("q"), Attributes: map[string]string{"DelaySeconds": "1"}})
			return err
		},
		"InvalidAttributeValue": func() error {
			_, err := w.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: q, Attributes: map[string]string{"DelaySeconds": "901"}})
			return err
		},
		"InvalidAttributeName": func() error {
			_, err := w.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: q, AttributeNames: []types.QueueAttributeName{"Colour"}})
			return err
		},
		"InvalidParameterValueException": func() error {
			_, err := w.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: q, MaxNumberOfMessages: 11})
			return err
		},
		"MissingRequiredParameterException": func() error {
			_, err := w.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: str(""), MessageBody: str("x")})
			return err
		},
		"InvalidAddress": func() error {
			_, err := w.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: str("http://h/a/b/c")})
			return err
		},
		"ReceiptHandleIsInvalid": func() error {
			_, err := w.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: q, ReceiptHandle: str("x")})
			return err
		},
		"InvalidMessageContents": func() error {
			_, err := w.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: q, MessageBody: str("\x01")})
			return err
		},
		"EmptyBatchRequest": func() error {
			_, err := w.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: q, Entries: []types.SendMessageBatchRequestEntry{}})
			return err
		},
		"BatchEntryIdsNotDistinct": func() error {
			_, err := w.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: q, Entries: []types.SendMessageBatchRequestEntry{entry("a"), entry("a")}})
			return err
		},
		"InvalidBatchEntryId": func() error {
			_, err := w.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: q, Entries: []types.SendMessageBatchRequestEntry{entry("a b")}})
			return err
		},
		"BatchRequestTooLong": func() error {
			_, err := w.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: q, Entries: []types.SendMessageBatchRequestEntry{large, larger}})
			return err
		},
		"TooManyEntriesInBatchRequest": func() error {
			_, err := w.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: q, Entries: make11(entry)})
			return err
		},
		"UnsupportedOperation": func() error {
			_, err := w.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: q, MessageBody: str("x"), MessageAttributes: map[string]types.MessageAttributeValue{
				"a": {DataType: str("String"), StringListValues: []string{"x"}},
			}})
			return err
		},
		"ResourceNotFoundException": func() error {
			_, err := w.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: str("arn:aws:sqs:eu-west-1:000000000000:gone")})
			return err
		},
	} {
		// The SDK shows the code of the query protocol, which it finds in a header.
		if got := code(call()); got != queryCode(want) && got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func make11(entry func(string) types.SendMessageBatchRequestEntry) (out []types.SendMessageBatchRequestEntry) {
	for _, id := range "abcdefghijk" {
		out = append(out, entry(string(id)))
	}
	return out
}

// call sends a signed request and returns the answer.
func (w *world) call(path, contentType, target, body string) (*http.Response, string) {
	w.Helper()
	req, err := http.NewRequest(http.MethodPost, w.url+path, strings.NewReader(body))
	w.ok(err)
	req.Header.Set("Content-Type", contentType)
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
	}
	sum := sha256.Sum256([]byte(body))
	who, err := credentials.NewStaticCredentialsProvider("test", "test", "").Retrieve(ctx)
	w.ok(err)
	w.ok(v4.NewSigner().SignHTTP(ctx, who, req, hex.EncodeToString(sum[:]), "sqs", "eu-west-1", time.Now()))
	res, err := http.DefaultTransport.RoundTrip(req)
	w.ok(err)
	defer res.Body.Close()
	var b bytes.Buffer
	_, err = io.Copy(&b, res.Body)
	w.ok(err)
	return res, b.String()
}

// JSON clients learn the code of the query protocol in a header.
func TestErrorHeader(t *testing.T) {
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	w := start(t)
	res, body := w.call("/", "application/x-amz-json-1.0", "AmazonSQS.GetQueueUrl", `{"QueueName":"gone"}`)
	if got := res.Header.Get("x-amzn-query-error"); got != "AWS.SimpleQueueService.NonExistentQueue;Sender" || res.StatusCode != 400 {
		t.Error(res.StatusCode, got)
	}
	if !strings.Contains(body, `"__type":"com.amazonaws.sqs#QueueDoesNotExist"`) {
		t.Error(body)
	}
}

// The query protocol, as older SDKs speak it, to / and to the URL of the queue.
func TestQueryProtocol(t *testing.T) {
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	w := start(t)
	post := func(path string, form url.Values, want ...string) string {
		t.Helper()
		form.Set("Version", "2012-11-05")
		_, body := w.call(path, "application/x-www-form-urlencoded; charset=utf-8", "", form.Encode())
		for _, s := range want {
			if !strings.Contains(body, s) {
				t.Errorf("no %s in %s", s, body)
			}
		}
		return body
	}
	post("/", url.Values{
		"Action": {"CreateQueue"}, "QueueName": {"q"}, "Attribute.1.Name": {"VisibilityTimeout"}, "Attribute.1.Value": {"7"},
		"Attribute.2.Name": {"DelaySeconds"}, "Attribute.2.Value": {"0"}, "Tag.1.Key": {"k"}, "Tag.1.Value": {"v"},
	}, "<CreateQueueResult><QueueUrl>"+w.url+"/000000000000/q</QueueUrl>", `xmlns="http://queue.amazonaws.com/doc/2012-11-05/"`)
	path := "/000000000000/q"
	post(path, url.Values{"Action": {"GetQueueAttributes"}, "AttributeName.1": {"VisibilityTimeout"}, "AttributeName.2": {"QueueArn"}},
		"<Attribute><Name>VisibilityTimeout</Name><Value>7</Value></Attribute>", "<Value>arn:aws:sqs:eu-west-1:000000000000:q</Value>")
	post("/", url.Values{"Action": {"ListQueueTags"}, "QueueUrl": {w.url + path}}, "<Tag><Key>k</Key><Value>v</Value></Tag>")
	post("/", url.Values{"Action": {"ListQueues"}}, "<ListQueuesResult><QueueUrl>"+w.url+path+"</QueueUrl></ListQueuesResult>")
	post(path, url.Values{
		"Action": {"SendMessage"}, "MessageBody": {"<a & b>"}, "MessageAttribute.1.Name": {"n"}, "MessageAttribute.1.Value.DataType": {"Number"},
		"MessageAttribute.1.Value.StringValue": {"1"},
	}, "<MD5OfMessageBody>", "<MD5OfMessageAttributes>", "<MessageId>")
	post(path, url.Values{
		"Action": {"SendMessageBatch"}, "SendMessageBatchRequestEntry.1.Id": {"one"}, "SendMessageBatchRequestEntry.1.MessageBody": {"x"},
		"SendMessageBatchRequestEntry.2.Id": {"two"}, "SendMessageBatchRequestEntry.2.MessageBody": {"\x01"},
	}, "<SendMessageBatchResultEntry><Id>one</Id>", "<BatchResultErrorEntry><Code>InvalidMessageContents</Code><Id>two</Id>")
	body := post(path, url.Values{"Action": {"ReceiveMessage"}, "AttributeName.1": {"All"}, "MessageAttributeName.1": {"All"}},
		"<Message>", "<Body>&lt;a &amp; b&gt;</Body>", "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>",
		"<MessageAttribute><Name>n</Name><Value><DataType>Number</DataType><StringValue>1</StringValue></Value></MessageAttribute>")
	_, rest, _ := strings.Cut(body, "<ReceiptHandle>")
	handle, _, _ := strings.Cut(rest, "</ReceiptHandle>")
	post(path, url.Values{"Action": {"DeleteMessage"}, "ReceiptHandle": {handle}}, "<DeleteMessageResponse")
	post("/000000000000/gone", url.Values{"Action": {"PurgeQueue"}}, "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>")
	post("/", url.Values{"Action": {"PurgeQueue"}}, "<Code>MissingParameter</Code>")
}

func TestAttributesAndLists(t *testing.T) {
	w := start(t)
	q := w.create("q", map[string]string{"KmsMasterKeyId": "alias/k"})
	w.create("other", nil)
	out, err := w.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: q, AttributeNames: []types.QueueAttributeName{"All"}})
	w.ok(err)
	for name, want := range map[string]string{
		"QueueArn": "arn:aws:sqs:eu-west-1:000000000000:q", "VisibilityTimeout": "30", "MessageRetentionPeriod": "345600", "MaximumMessageSize": "1048576",
		"DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0", "ApproximateNumberOfMessages": "0", "KmsMasterKeyId": "alias/k",
		"KmsDataKeyReusePeriodSeconds": "300", "SqsManagedSseEnabled": "false", "FifoQueue": "", "Policy": "",
	} {
		if got := out.Attributes[name]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	w.ok(second(w.AddPermission(ctx, &sqs.AddPermissionInput{QueueUrl: q, Label: str("l"), AWSAccountIds: []string{"111111111111"}, Actions: []string{"SendMessage"}})))
	if err := second(w.AddPermission(ctx, &sqs.AddPermissionInput{QueueUrl: q, Label: str("l"), AWSAccountIds: []string{"111111111111"}, Actions: []string{"SendMessage"}})); err == nil {
		t.Error("a label twice")
	}
	out, err = w.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: q, AttributeNames: []types.QueueAttributeName{"Policy"}})
	w.ok(err)
	if !strings.Contains(out.Attributes["Policy"], `"Sid":"l"`) {
		t.Error(out.Attributes)
	}
	w.ok(second(w.RemovePermission(ctx, &sqs.RemovePermissionInput{QueueUrl: q, Label: str("l")})))
	w.ok(second(w.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: q, Tags: map[string]string{"a": "1", "b": "2"}})))
	w.ok(second(w.UntagQueue(ctx, &sqs.UntagQueueInput{QueueUrl: q, TagKeys: []string{"a"}})))
	tags, err := w.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: q})
	w.ok(err)
	if len(tags.Tags) != 1 || tags.Tags["b"] != "2" {
		t.Error(tags.Tags)
	}
	var urls []string
	for p := sqs.NewListQueuesPaginator(w, &sqs.ListQueuesInput{MaxResults: aws.Int32(1)}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		w.ok(err)
		urls = append(urls, page.QueueUrls...)
	}
	if len(urls) != 2 || urls[1] != *q {
		t.Error(urls)
	}
}

// The URL of a queue begins with the address that the client used, and works
// whatever address another client used.
func TestURL(t *testing.T) {
	w := start(t)
	w.create("q", nil)
	other := strings.Replace(w.url, "127.0.0.1", "localhost", 1)
	out, err := w.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: str("q")}, func(o *sqs.Options) { o.BaseEndpoint = &other })
	w.ok(err)
	if *out.QueueUrl != other+"/000000000000/q" {
		t.Error(*out.QueueUrl)
	}
	w.send(out.QueueUrl, "a")
	w.send(str("https://sqs.eu-west-1.amazonaws.com/000000000000/q"), "b")
	w.send(str("q"), "c")
	if n := w.queues.Counts(find(w, "q")).Visible; n != 3 {
		t.Errorf("%d messages", n)
	}
}

func find(w *world, name string) (q *queue.Queue) {
	w.ok(w.queues.View(func(tx *store.Tx) (err error) {
		q, err = queue.Find(tx, arn.Scope{Account: "000000000000", Region: "eu-west-1"}, name)
		return err
	}))
	return q
}

func second[T any](_ T, err error) error { return err }

// Messages of a dead-letter queue go back to where they came from.
func TestMoveTask(t *testing.T) {
	w := start(t)
	dead := w.create("dead", nil)
	q := w.create("q", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:dead","maxReceiveCount":1}`})
	w.send(q, "a")
	receive := func(url *string, wait int32) []types.Message {
		out, err := w.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: wait, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
		w.ok(err)
		return out.Messages
	}
	m := receive(q, 0)[0]
	w.ok(second(w.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: q, ReceiptHandle: m.ReceiptHandle})))
	if got := receive(q, 0); len(got) != 0 {
		t.Fatal(got)
	}
	sources, err := w.ListDeadLetterSourceQueues(ctx, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: dead})
	w.ok(err)
	if len(sources.QueueUrls) != 1 || sources.QueueUrls[0] != *q {
		t.Error(sources.QueueUrls)
	}
	dlq := str("arn:aws:sqs:eu-west-1:000000000000:dead")
	w.ok(second(w.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: dlq})))
	got := receive(q, 20)
	if len(got) != 1 || *got[0].Body != "a" || got[0].Attributes["ApproximateReceiveCount"] != "1" || got[0].Attributes["DeadLetterQueueSourceArn"] != "" {
		t.Fatalf("%+v", got)
	}
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); { // the task learns with its next step that nothing is left
		list, err := w.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: dlq})
		w.ok(err)
		if len(list.Results) == 1 && *list.Results[0].Status == "COMPLETED" {
			if list.Results[0].ApproximateNumberOfMessagesMoved != 1 {
				t.Errorf("%+v", list.Results[0])
			}
			return
		}
	}
	t.Error("the task does not end")
}

func TestBoto3(t *testing.T) {
	python := boto.Python(t)
	w := start(t)
	out, err := exec.Command(python, "testdata/life.py", w.url).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

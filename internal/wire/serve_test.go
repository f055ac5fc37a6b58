package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/fxamacker/cbor/v2"
)

// request is a request to the test registry, to be signed with the dev key.
type request struct {
	method, target string // "" is POST /
	service        string
	body           string
	headers        map[string]string
	unsigned       bool
	peer           string // "" is loopback
}

func (r request) send(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	if r.method == "" {
		r.method = http.MethodPost
	}
	if r.target == "" {
		r.target = "/"
	}
	req := httptest.NewRequest(r.method, "http://localhost:4566"+r.target, strings.NewReader(r.body))
	for k, v := range r.headers {
		req.Header.Set(k, v)
	}
	if !r.unsigned {
		err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, req, hashOf(r.body), r.service, "us-east-1", time.Now())
		if err != nil {
			t.Fatal(err)
		}
	}
	req.RemoteAddr = "127.0.0.1:40000"
	if r.peer != "" {
		req.RemoteAddr = r.peer
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Header().Get("X-Amzn-Requestid") == "" {
		t.Error("no request id")
	}
	return w
}

func ecsRequest(op, body string) request {
	return request{service: "ecs", body: body, headers: map[string]string{"X-Amz-Target": "AmazonEC2ContainerServiceV20141113." + op, "Content-Type": "application/x-amz-json-1.1"}}
}

func queryRequest(service, body string) request {
	return request{service: service, body: body, headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}}
}

func (r request) with(name, value string) request {
	headers := map[string]string{name: value}
	for k, v := range r.headers {
		if k != name {
			headers[k] = v
		}
	}
	r.headers = headers
	return r
}

func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s) // a bytes.Buffer does not fail
	w.Close()
	return b.String()
}

// TestErrors checks code, status and form of every error of the front door.
func TestErrors(t *testing.T) {
	const elb = "Action=CreateRule&Version=2015-12-01"
	lambda := request{service: "lambda", method: "GET", target: "/2015-03-31/nothing"}
	remote := ecsRequest("CreateService", "{}")
	remote.peer = "10.0.0.9:1"
	unsigned, unsignedQuery, unsignedEC2 := ecsRequest("CreateService", "{}"), queryRequest("elasticloadbalancing", elb), queryRequest("ec2", "Action=CreateVpc&Version=2016-11-15")
	unsigned.unsigned, unsignedQuery.unsigned, unsignedEC2.unsigned = true, true, true
	get := ecsRequest("CreateService", "")
	get.method = http.MethodGet
	wrongScope := ecsRequest("CreateService", "{}")
	wrongScope.service = "ecr"
	tests := []struct {
		name   string
		in     request
		status int
		want   string // in the body
	}{
		{"JSON: not JSON", ecsRequest("CreateService", "{"), 400, `"__type":"SerializationException"`},
		{"JSON: wrong type", ecsRequest("CreateService", `{"desiredCount":"2"}`), 400, `"message":"desiredCount: STRING_VALUE can not be converted to a Integer"`},
		{"JSON: unknown member", ecsRequest("CreateService", `{"colour":"2"}`), 400, `colour: CreateServiceInput has no such member`},
		{"JSON: unknown operation", ecsRequest("Explode", `{}`), 400, `"__type":"UnknownOperationException"`},
		{"JSON: unknown service", ecsRequest("x", "{}").with("X-Amz-Target", "Other.Op"), 400, `"__type":"UnknownOperationException"`},
		{"JSON: GET", get, 405, `"__type":"UnsupportedOperationException"`},
		{"JSON: unsigned", unsigned, 400, `"__type":"MissingAuthenticationTokenException"`},
		{"JSON: dev key from elsewhere", remote, 400, `"__type":"UnrecognizedClientException"`},
		{"JSON: signed for another service", wrongScope, 400, `Credential should be scoped to correct service: 'ecs'.`},
		{"JSON: too large", ecsRequest("CreateService", strings.Repeat(" ", 1<<20+1)), 413, `"__type":"RequestEntityTooLarge"`},
		{"JSON: bomb", ecsRequest("CreateService", zipped(strings.Repeat(" ", 1<<20+1))).with("Content-Encoding", "gzip"), 413, `"__type":"RequestEntityTooLarge"`},
		{"JSON: broken gzip", ecsRequest("CreateService", "x").with("Content-Encoding", "gzip"), 400, `"__type":"SerializationException"`},
		{"JSON: brotli", ecsRequest("CreateService", "x").with("Content-Encoding", "br"), 400, `"__type":"SerializationException"`},
		{"query: unsigned", unsignedQuery, 403, "<Code>MissingAuthenticationToken</Code>"},
		{"query: wrong type", queryRequest("elasticloadbalancing", elb+"&Priority=ten"), 400, "<Code>ValidationError</Code><Message>Priority: ten is not an Integer</Message>"},
		{"query: broken escape", queryRequest("elasticloadbalancing", elb+"&ListenerArn=%zz"), 400, "<Code>MalformedQueryString</Code>"},
		{"query: scalar and list", queryRequest("elasticloadbalancing", elb+"&Actions=1&Actions.member.1.Type=x"), 400, "<Code>MalformedQueryString</Code>"},
		{"query: no list", queryRequest("elasticloadbalancing", elb+"&Actions.member.one=x"), 400, "<Code>ValidationError</Code>"},
		{"query: unknown operation", queryRequest("elasticloadbalancing", "Action=Explode&Version=2015-12-01"), 400, "<Code>InvalidAction</Code><Message>Could not find operation Explode for version 2015-12-01</Message>"},
		{"query: unknown version", queryRequest("elasticloadbalancing", "Action=CreateRule&Version=2012-06-01"), 400, "<Code>InvalidAction</Code>"},
		{"query: no version", queryRequest("elasticloadbalancing", "Action=CreateRule&Priority=ten"), 400, "<Code>ValidationError</Code><Message>Priority: ten is not an Integer</Message>"},
		{"query: no version, unknown operation", queryRequest("elasticloadbalancing", "Action=Explode"), 400, "<Code>InvalidAction</Code><Message>Could not find operation Explode for version 2015-12-01</Message>"},
		{"query: no action", queryRequest("elasticloadbalancing", "Version=2015-12-01"), 400, "<Code>MissingAction</Code>"},
		{"EC2: unsigned", unsignedEC2, 401, "<Errors><Error><Code>AuthFailure</Code>"},
		{"EC2: unknown operation", queryRequest("ec2", "Action=Explode&Version=2016-11-15"), 400, "<Code>InvalidAction</Code><Message>The action Explode is not valid for this web service.</Message>"},
		{"EC2: dry run", queryRequest("ec2", "Action=CreateVpc&Version=2016-11-15&DryRun=true"), 412, "<Code>DryRunOperation</Code>"},
		{"REST: unknown path", lambda, 404, `"__type":"UnknownOperationException"`},
		{"no service", request{service: "x", target: "/x"}, 404, `"__type":"UnknownOperationException"`},
		{"CBOR: no header", request{service: "monitoring", target: "/service/GraniteServiceVersion20100801/operation/PutMetricData"}, 404, "UnknownOperationException"},
		{"CBOR: not CBOR", request{service: "monitoring", target: "/service/GraniteServiceVersion20100801/operation/PutMetricData", body: "\xff", headers: map[string]string{"Smithy-Protocol": "rpc-v2-cbor"}}, 400, "SerializationException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := &recorder{}
			r := newTestRegistry(rec, time.Now())
			r.opts.MaxBody = 1 << 20
			w := tt.in.send(t, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if rec.got != nil {
				t.Error("the handler was called")
			}
		})
	}
}

// TestHandlerErrors checks how the errors of handlers leave.
func TestHandlerErrors(t *testing.T) {
	conflict := &Error{Code: "ConflictException", Message: "in <use>", Fields: map[string]any{"resourceIds": []string{"a"}}}
	tests := []struct {
		name   string
		in     request
		err    error
		status int
		want   string
		header string // x-amzn-query-error
	}{
		{"JSON", ecsRequest("CreateService", "{}"), conflict, 400, `{"__type":"ConflictException","message":"in <use>","resourceIds":["a"]}`, ""},
		{"wrapped", ecsRequest("CreateService", "{}"), errors.Join(errors.New("x"), conflict), 400, `"__type":"ConflictException"`, ""},
		{
			"query", queryRequest("elasticloadbalancing", "Action=CreateRule&Version=2015-12-01"), Errorf("TargetGroupNotFoundException", "none"), 400,
			`<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type><Code>TargetGroupNotFound</Code><Message>none</Message></Error><RequestId>`, "",
		},
		{
			"EC2", queryRequest("ec2", "Action=CreateVpc&Version=2016-11-15"), Errorf("InvalidVpc.Range", "a & b"), 400,
			`<Response><Errors><Error><Code>InvalidVpc.Range</Code><Message>a &amp; b</Message></Error></Errors><RequestID>`, "",
		},
		{"internal", ecsRequest("CreateService", "{}"), errors.New("secret path"), 500, `"__type":"ServerException"`, ""},
		{"internal query", queryRequest("elasticloadbalancing", "Action=CreateRule&Version=2015-12-01"), errors.New("secret path"), 500, "<Type>Receiver</Type><Code>InternalFailure</Code>", ""},
		{
			"query-compatible",
			request{service: "monitoring", headers: map[string]string{"X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData", "Content-Type": "application/x-amz-json-1.0"}, body: "{}"},
			Errorf("ResourceNotFoundException", "x").WithStatus(404), 404, "ResourceNotFoundException", "ResourceNotFound;Sender",
		},
		{"REST", request{service: "lambda", target: "/2015-03-31/functions/f/invocations"}, Errorf("ResourceNotFoundException", "x").WithStatus(404), 404, "ResourceNotFoundException", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := tt.in.send(t, newTestRegistry(&recorder{fail: tt.err}, time.Now()))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if h := w.Header().Get("X-Amzn-Query-Error"); h != tt.header {
				t.Errorf("x-amzn-query-error %q, want %q", h, tt.header)
			}
		})
	}
}

// panicker is a service with a bug.
type panicker struct{}

func (panicker) CreateVpc(context.Context, *CreateVpcInput) (*CreateVpcOutput, error) { panic("bug") }

func TestPanicsAreAnswered(t *testing.T) {
	var log bytes.Buffer
	r := NewRegistry(Options{LoopbackDevKey: true, Log: slog.New(slog.NewTextHandler(&log, nil))})
	r.Add(Spec{Name: "ec2", Protocols: []Protocol{EC2Query}, Version: "2016-11-15"}, panicker{})
	w := queryRequest("ec2", "Action=CreateVpc&Version=2016-11-15").send(t, r)
	if w.Code != 500 || !strings.Contains(w.Body.String(), "<Code>InternalError</Code>") || strings.Contains(w.Body.String(), "bug") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "panic=bug") || !strings.Contains(log.String(), "serve_test.go") {
		t.Errorf("log: %s", log.String())
	}
}

func TestUnknownMembersAreLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	r := newTestRegistry(&recorder{}, time.Now())
	r.opts.Strict, r.opts.Log = false, slog.New(slog.NewTextHandler(&log, nil))
	for range 3 {
		if w := ecsRequest("CreateService", `{"colour":"2","__type":"x"}`).send(t, r); w.Code != 200 {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
	if n := strings.Count(log.String(), "member=colour"); n != 1 || strings.Contains(log.String(), "__type") {
		t.Errorf("logged %d times: %s", n, log.String())
	}
}

func TestCaller(t *testing.T) {
	rec := &recorder{}
	r := NewRegistry(Options{DefaultRegion: "eu-west-1", Authenticate: func(key string) (string, Caller, bool) {
		return "test", Caller{Account: "123456789012", ARN: "arn", UserID: "id"}, key == "test"
	}})
	r.Add(testSpecs[0], rec)
	in := ecsRequest("CreateService", "{}")
	in.peer = "10.1.2.3:99"
	if w := in.send(t, r); w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	c := rec.caller
	if c.RequestID == "" {
		t.Error("no request id")
	}
	c.RequestID = ""
	if want := (Caller{Account: "123456789012", Region: "us-east-1", ARN: "arn", UserID: "id", AccessKey: "test", SourceIP: "10.1.2.3", Endpoint: "http://localhost:4566"}); c != want {
		t.Errorf("caller %+v, want %+v", c, want)
	}
}

// outputs is a service that answers with one of everything.
type outputs struct{}

func (outputs) GetMetricData(context.Context, *GetMetricDataInput) (*GetMetricDataOutput, error) {
	return &GetMetricDataOutput{Timestamps: []time.Time{time.UnixMilli(1795257000250)}, Values: []float64{1, 2.5}, Blob: []byte("hi"), Count: -7}, nil
}

func (outputs) DescribeSubnets(context.Context, *DescribeSubnetsInput) (*DescribeSubnetsOutput, error) {
	return &DescribeSubnetsOutput{Subnets: []Dimension2{{Key: aws.String("a")}, {Value: aws.String("<\r\x00>")}}}, nil
}

func (outputs) Invoke(context.Context, *InvokeInput) (*InvokeOutput, error) {
	return &InvokeOutput{StatusCode: 202, Payload: []byte(`"raw"`)}, nil
}

// TestAnswers checks one answer in every protocol.
func TestAnswers(t *testing.T) {
	r := NewRegistry(Options{LoopbackDevKey: true})
	for _, spec := range testSpecs {
		r.Add(spec, outputs{})
	}
	send := func(in request, contentType string) string {
		t.Helper()
		w := in.send(t, r)
		if got := w.Header().Get("Content-Type"); got != contentType {
			t.Errorf("content type %s, want %s: %s", got, contentType, w.Body)
		}
		return strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Amzn-Requestid"), "ID")
	}
	want := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	target := map[string]string{"X-Amz-Target": "GraniteServiceVersion20100801.GetMetricData", "Content-Type": "application/x-amz-json-1.0"}
	want(send(request{service: "monitoring", headers: target}, "application/x-amz-json-1.0"),
		`{"Timestamps":[1795257000.25],"Values":[1.0,2.5],"Blob":"aGk=","Count":-7}`)
	want(send(queryRequest("monitoring", "Action=GetMetricData&Version=2010-08-01"), "text/xml"),
		`<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult><Timestamps><member>2026-11-21T10:30:00.250Z</member></Timestamps>`+
			`<Values><member>1.0</member><member>2.5</member></Values><Blob>aGk=</Blob><Count>-7</Count></GetMetricDataResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></GetMetricDataResponse>`)
	want(send(queryRequest("ec2", "Action=DescribeSubnets&Version=2016-11-15"), "text/xml;charset=UTF-8"),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"+`<DescribeSubnetsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>ID</requestId>`+
			`<subnetSet><item><key>a</key></item><item><value>&lt;&#xD;`+"\uFFFD"+`&gt;</value></item></subnetSet></DescribeSubnetsResponse>`)
	w := request{service: "lambda", target: "/2015-03-31/functions/f/invocations"}.send(t, r)
	if w.Code != 202 || w.Body.String() != `"raw"` {
		t.Errorf("REST: %d %s", w.Code, w.Body)
	}
	body := send(request{service: "monitoring", target: "/service/GraniteServiceVersion20100801/operation/GetMetricData", headers: map[string]string{"Smithy-Protocol": "rpc-v2-cbor"}}, "application/cbor")
	var out map[string]any
	if err := cbor.Unmarshal([]byte(body), &out); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	want(string(text), `{"Blob":"aGk=","Count":-7,"Timestamps":["2026-11-21T10:30:00.25Z"],"Values":[1,2.5]}`)
}

func TestOperations(t *testing.T) {
	ops := newTestRegistry(outputs{}, time.Now()).Operations()
	if got := strings.Join(ops["ec2"], " "); got != "DescribeSubnets GetMetricData Invoke" {
		t.Errorf("operations %s", got)
	}
}

package wire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

var update = flag.Bool("update", false, "write the golden files")

// TestBoto3Requests replays what boto3 sends, signatures included, and compares
// what handlers then get with testdata/boto3/*.json.
func TestBoto3Requests(t *testing.T) {
	files, err := filepath.Glob("testdata/boto3/*.http")
	if err != nil || len(files) == 0 {
		t.Fatal("no requests")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".http")
		t.Run(name, func(t *testing.T) {
			rec := &recorder{}
			req := readRequest(t, file)
			r := newTestRegistry(rec, signedAt(t, req))
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if w.Code != http.StatusOK {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			text, err := MarshalJSON(rec.got, false)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".http")+".json", text)
		})
	}
}

func golden(t *testing.T, file string, text []byte) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, text, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	pretty.WriteByte('\n')
	if *update {
		if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if pretty.String() != string(want) {
		t.Errorf("got %s\nwant %s", pretty.String(), want)
	}
}

func readRequest(t testing.TB, file string) *http.Request {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	req.RemoteAddr = "127.0.0.1:40000"
	return req
}

func signedAt(t testing.TB, req *http.Request) time.Time {
	t.Helper()
	at, err := time.Parse(sigTime, req.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// testSpecs are services of every protocol.
var testSpecs = []Spec{
	{Name: "ecs", Protocols: []Protocol{JSON11}, TargetPrefixes: []string{"AmazonEC2ContainerServiceV20141113"}, LowerCase: true, InternalError: "ServerException"},
	{Name: "ecr", Protocols: []Protocol{JSON11}, TargetPrefixes: []string{"AmazonEC2ContainerRegistry_V20150921"}, LowerCase: true},
	{Name: "logs", Protocols: []Protocol{JSON11}, TargetPrefixes: []string{"Logs_20140328"}, LowerCase: true},
	{Name: "ssm", Protocols: []Protocol{JSON11}, TargetPrefixes: []string{"AmazonSSM"}},
	{Name: "secretsmanager", Protocols: []Protocol{JSON11}, TargetPrefixes: []string{"secretsmanager"}},
	{Name: "acm", Protocols: []Protocol{JSON11}, TargetPrefixes: []string{"CertificateManager"}},
	{Name: "elasticloadbalancing", Protocols: []Protocol{Query}, Version: "2015-12-01", Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"},
	{Name: "iam", Protocols: []Protocol{Query}, Version: "2010-05-08", Namespace: "https://iam.amazonaws.com/doc/2010-05-08/"},
	{Name: "sts", Protocols: []Protocol{Query}, Version: "2011-06-15", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", Unsigned: []string{"AssumeRoleWithWebIdentity"}},
	{Name: "ec2", Protocols: []Protocol{EC2Query}, Version: "2016-11-15", Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/"},
	{
		Name: "monitoring", Protocols: []Protocol{CBOR, JSON10, Query}, TargetPrefixes: []string{"GraniteServiceVersion20100801"}, Version: "2010-08-01",
		Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/", QueryCompatible: true,
	},
	{
		Name: "lambda", Protocols: []Protocol{RESTJSON},
		Routes: map[string]string{"Invoke": "POST /2015-03-31/functions/{FunctionName}/invocations"},
		Bindings: map[string]string{
			"InvokeInput.InvocationType": "header X-Amz-Invocation-Type",
			"InvokeInput.Qualifier":      "query Qualifier",
			"InvokeInput.Payload":        "payload",
			"InvokeOutput.Payload":       "payload",
			"InvokeOutput.StatusCode":    "status",
		},
	},
}

func newTestRegistry(impl any, now time.Time) *Registry {
	r := NewRegistry(Options{LoopbackDevKey: true, Strict: true, Now: func() time.Time { return now }})
	for _, spec := range testSpecs {
		r.Add(spec, impl)
	}
	return r
}

// recorder implements one operation of each service and keeps its input.
type recorder struct {
	got    any
	caller Caller
	fail   error
}

func record[Out any](r *recorder, ctx context.Context, in any) (*Out, error) {
	r.got, r.caller = in, CallerFrom(ctx)
	return new(Out), r.fail
}

func (r *recorder) CreateService(ctx context.Context, in *ecs.CreateServiceInput) (*ecs.CreateServiceOutput, error) {
	return record[ecs.CreateServiceOutput](r, ctx, in)
}

func (r *recorder) RegisterTaskDefinition(ctx context.Context, in *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
	return record[ecs.RegisterTaskDefinitionOutput](r, ctx, in)
}

func (r *recorder) CreateRule(ctx context.Context, in *elasticloadbalancingv2.CreateRuleInput) (*elasticloadbalancingv2.CreateRuleOutput, error) {
	return record[elasticloadbalancingv2.CreateRuleOutput](r, ctx, in)
}

func (r *recorder) DescribeTags(ctx context.Context, in *elasticloadbalancingv2.DescribeTagsInput) (*elasticloadbalancingv2.DescribeTagsOutput, error) {
	return record[elasticloadbalancingv2.DescribeTagsOutput](r, ctx, in)
}

func (r *recorder) CreateRole(ctx context.Context, in *iam.CreateRoleInput) (*iam.CreateRoleOutput, error) {
	return record[iam.CreateRoleOutput](r, ctx, in)
}

func (r *recorder) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	return record[sts.AssumeRoleOutput](r, ctx, in)
}

func (r *recorder) TagResource(ctx context.Context, in *ecr.TagResourceInput) (*ecr.TagResourceOutput, error) {
	return record[ecr.TagResourceOutput](r, ctx, in)
}

func (r *recorder) PutLogEvents(ctx context.Context, in *cloudwatchlogs.PutLogEventsInput) (*cloudwatchlogs.PutLogEventsOutput, error) {
	return record[cloudwatchlogs.PutLogEventsOutput](r, ctx, in)
}

func (r *recorder) PutParameter(ctx context.Context, in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
	return record[ssm.PutParameterOutput](r, ctx, in)
}

func (r *recorder) CreateSecret(ctx context.Context, in *secretsmanager.CreateSecretInput) (*secretsmanager.CreateSecretOutput, error) {
	return record[secretsmanager.CreateSecretOutput](r, ctx, in)
}

func (r *recorder) ImportCertificate(ctx context.Context, in *acm.ImportCertificateInput) (*acm.ImportCertificateOutput, error) {
	return record[acm.ImportCertificateOutput](r, ctx, in)
}

type (
	PutMetricDataInput struct {
		Namespace  *string
		MetricData []Metric
	}
	PutMetricDataOutput struct{}
	Metric              struct {
		MetricName     *string
		Dimensions     []Dimension
		Timestamp      *time.Time
		Value          *float64
		Values, Counts []float64
	}
	Dimension          struct{ Name, Value *string }
	GetMetricDataInput struct {
		MetricDataQueries  []MetricQuery
		StartTime, EndTime *time.Time
	}
	MetricQuery struct {
		Id, Expression *string
		ReturnData     *bool
	}
	GetMetricDataOutput struct {
		Timestamps []time.Time
		Values     []float64
		Blob       []byte
		Count      int32
	}
	InvokeInput struct {
		FunctionName, InvocationType, Qualifier *string
		Payload                                 []byte
	}
	InvokeOutput struct {
		StatusCode int32
		Payload    []byte
	}
	CreateVpcInput struct {
		CidrBlock         *string
		TagSpecifications []TagSpecification `wire:"TagSpecification"`
	}
	TagSpecification struct {
		ResourceType *string
		Tags         []Dimension2 `wire:"Tag"`
	}
	Dimension2           struct{ Key, Value *string }
	CreateVpcOutput      struct{ VpcId *string }
	DescribeSubnetsInput struct {
		SubnetIds  []string `wire:"SubnetId"`
		Filters    []Filter `wire:"Filter"`
		MaxResults *int32
	}
	Filter struct {
		Name   *string
		Values []string `wire:"Value"`
	}
	DescribeSubnetsOutput struct {
		Subnets []Dimension2 `wire:"subnetSet"`
	}
)

func (r *recorder) PutMetricData(ctx context.Context, in *PutMetricDataInput) (*PutMetricDataOutput, error) {
	return record[PutMetricDataOutput](r, ctx, in)
}

func (r *recorder) GetMetricData(ctx context.Context, in *GetMetricDataInput) (*GetMetricDataOutput, error) {
	return record[GetMetricDataOutput](r, ctx, in)
}

func (r *recorder) Invoke(ctx context.Context, in *InvokeInput) (*InvokeOutput, error) {
	return record[InvokeOutput](r, ctx, in)
}

func (r *recorder) CreateVpc(ctx context.Context, in *CreateVpcInput) (*CreateVpcOutput, error) {
	return record[CreateVpcOutput](r, ctx, in)
}

func (r *recorder) DescribeSubnets(ctx context.Context, in *DescribeSubnetsInput) (*DescribeSubnetsOutput, error) {
	return record[DescribeSubnetsOutput](r, ctx, in)
}

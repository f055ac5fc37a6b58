package wire

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/boto"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecsdocument "github.com/aws/aws-sdk-go-v2/service/ecs/document"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// toy is a service that real clients talk to.
type toy struct{}

var toyTime = time.Date(2026, 11, 21, 10, 30, 0, 250_000_000, time.UTC)

// CreateService echoes the deployment configuration.
func (toy) CreateService(_ context.Context, in *ecs.CreateServiceInput) (*ecs.CreateServiceOutput, error) {
	return &ecs.CreateServiceOutput{Service: &ecstypes.Service{
		ServiceName: in.ServiceName, DesiredCount: aws.ToInt32(in.DesiredCount), DeploymentConfiguration: in.DeploymentConfiguration, CreatedAt: &toyTime,
		Events: []ecstypes.ServiceEvent{},
	}}, nil
}

func (toy) DeleteService(context.Context, *ecs.DeleteServiceInput) (*ecs.DeleteServiceOutput, error) {
	return nil, Errorf("ServiceNotFoundException", "Service not found.")
}

func (toy) RunTask(context.Context, *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
	return nil, &Error{Code: "ConflictException", Message: "again", Fields: map[string]any{"resourceIds": []string{"t-1"}}}
}

// CreateRule echoes the rule.
func (toy) CreateRule(_ context.Context, in *elb.CreateRuleInput) (*elb.CreateRuleOutput, error) {
	return &elb.CreateRuleOutput{Rules: []elbtypes.Rule{{RuleArn: aws.String("arn"), Priority: aws.String("10"), IsDefault: aws.Bool(false), Conditions: in.Conditions, Actions: in.Actions}}}, nil
}

func (toy) DescribeRules(context.Context, *elb.DescribeRulesInput) (*elb.DescribeRulesOutput, error) {
	return &elb.DescribeRulesOutput{Rules: []elbtypes.Rule{}}, nil
}

func (toy) DeleteRule(context.Context, *elb.DeleteRuleInput) (*elb.DeleteRuleOutput, error) {
	return nil, Errorf("RuleNotFoundException", "One or more rules not found")
}

func (toy) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	c := CallerFrom(ctx)
	return &sts.GetCallerIdentityOutput{Account: &c.Account, Arn: &c.ARN, UserId: &c.UserID}, nil
}

func (toy) AssumeRoleWithWebIdentity(context.Context, *sts.AssumeRoleWithWebIdentityInput) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return &sts.AssumeRoleWithWebIdentityOutput{Credentials: &ststypes.Credentials{AccessKeyId: aws.String("A"), SecretAccessKey: aws.String("S"), SessionToken: aws.String("T"), Expiration: &toyTime}}, nil
}

func (toy) DescribeLogGroups(_ context.Context, in *cloudwatchlogs.DescribeLogGroupsInput) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	return &cloudwatchlogs.DescribeLogGroupsOutput{NextToken: in.LogGroupNamePrefix}, nil
}

func (toy) PutMetricData(_ context.Context, in *PutMetricDataInput) (*PutMetricDataOutput, error) {
	if len(in.MetricData) == 0 {
		return nil, Errorf("MissingRequiredParameterException", "The parameter MetricData is required.")
	}
	return nil, nil
}

func (toy) GetMetricData(_ context.Context, in *GetMetricDataInput) (*MetricResults, error) {
	return &MetricResults{MetricDataResults: []MetricResult{{Id: in.MetricDataQueries[0].Id, Timestamps: []time.Time{*in.StartTime}, Values: []float64{1, 2.5}}}}, nil
}

func (toy) Invoke(_ context.Context, in *InvokeInput) (*InvokeOutput, error) {
	return &InvokeOutput{StatusCode: 200, Payload: append([]byte(*in.FunctionName+" "+*in.Qualifier+" "), in.Payload...)}, nil
}

// MetricResults and MetricResult are shaped as CloudWatch's.
type (
	MetricResults struct{ MetricDataResults []MetricResult }
	MetricResult  struct {
		Id         *string
		Timestamps []time.Time
		Values     []float64
	}
)

func startToy(t testing.TB) *httptest.Server {
	t.Helper()
	r := NewRegistry(Options{LoopbackDevKey: true, Strict: true})
	for _, spec := range testSpecs {
		r.Add(spec, toy{})
	}
	h := httptest.NewServer(r)
	t.Cleanup(h.Close)
	return h
}

var devCredentials = credentials.NewStaticCredentialsProvider("test", "test", "")

func TestGoSDKecs(t *testing.T) {
	h, ctx := startToy(t), context.Background()
	c := ecs.New(ecs.Options{Region: "eu-west-1", BaseEndpoint: &h.URL, Credentials: devCredentials, RetryMaxAttempts: 1})
	out, err := c.CreateService(ctx, &ecs.CreateServiceInput{
		ServiceName: aws.String("web"), DesiredCount: aws.Int32(2),
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{
			CanaryConfiguration: &ecstypes.CanaryConfiguration{CanaryPercent: aws.Float64(12.5)},
			LifecycleHooks:      []ecstypes.DeploymentLifecycleHook{{HookDetails: ecsdocument.NewLazyDocument(map[string]any{"a": true, "b": "x"})}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := out.Service
	if *s.ServiceName != "web" || s.DesiredCount != 2 || !s.CreatedAt.Equal(toyTime) || *s.DeploymentConfiguration.CanaryConfiguration.CanaryPercent != 12.5 || s.Events == nil {
		t.Errorf("service %+v", s)
	}
	var details struct {
		A bool   `document:"a"`
		B string `document:"b"`
	}
	if err := s.DeploymentConfiguration.LifecycleHooks[0].HookDetails.UnmarshalSmithyDocument(&details); err != nil || !details.A || details.B != "x" {
		t.Errorf("details %+v, %v", details, err)
	}
	_, err = c.DeleteService(ctx, &ecs.DeleteServiceInput{Service: aws.String("web")})
	var notFound *ecstypes.ServiceNotFoundException
	if !errors.As(err, &notFound) || *notFound.Message != "Service not found." {
		t.Errorf("error %v", err)
	}
	_, err = c.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("x")})
	var conflict *ecstypes.ConflictException
	if !errors.As(err, &conflict) || len(conflict.ResourceIds) != 1 {
		t.Errorf("error %v", err)
	}
}

func TestGoSDKelb(t *testing.T) {
	h, ctx := startToy(t), context.Background()
	c := elb.New(elb.Options{Region: "eu-west-1", BaseEndpoint: &h.URL, Credentials: devCredentials, RetryMaxAttempts: 1})
	out, err := c.CreateRule(ctx, &elb.CreateRuleInput{
		ListenerArn: aws.String("l"), Priority: aws.Int32(10),
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/a&b/*", "<é>"}}},
		Actions: []elbtypes.Action{{Type: "forward", ForwardConfig: &elbtypes.ForwardActionConfig{
			TargetGroups: []elbtypes.TargetGroupTuple{{TargetGroupArn: aws.String("blue"), Weight: aws.Int32(90)}, {TargetGroupArn: aws.String("green"), Weight: aws.Int32(0)}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := out.Rules[0]
	if r.Conditions[0].Values[1] != "<é>" || *r.Actions[0].ForwardConfig.TargetGroups[1].Weight != 0 || *r.IsDefault {
		t.Errorf("rule %+v", r)
	}
	if out, err := c.DescribeRules(ctx, &elb.DescribeRulesInput{}); err != nil || out.Rules == nil || len(out.Rules) != 0 {
		t.Errorf("rules %v, %v", out, err)
	}
	_, err = c.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: aws.String("x")})
	var notFound *elbtypes.RuleNotFoundException
	if !errors.As(err, &notFound) || *notFound.Message != "One or more rules not found" {
		t.Errorf("error %v", err)
	}
}

func TestGoSDKsts(t *testing.T) {
	h, ctx := startToy(t), context.Background()
	c := sts.New(sts.Options{Region: "eu-west-1", BaseEndpoint: &h.URL, Credentials: devCredentials, RetryMaxAttempts: 1})
	out, err := c.GetCallerIdentity(ctx, nil)
	if err != nil || *out.Account != "000000000000" {
		t.Fatalf("%v, %v", out, err)
	}
	web, err := c.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String("r"), RoleSessionName: aws.String("s"), WebIdentityToken: aws.String("t")})
	if err != nil || !web.Credentials.Expiration.Equal(toyTime) {
		t.Fatalf("%v, %v", web, err)
	}
}

// TestBoto3 runs testdata/boto3/e2e.py against the toy service.
func TestBoto3(t *testing.T) {
	python3 := boto.Python(t)
	h := startToy(t)
	cmd := exec.Command(python3, "testdata/boto3/e2e.py", h.URL)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=eu-west-1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, strings.TrimSpace(string(out)))
	}
}

package doctor_test

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/doctor"
	"github.com/grue-ecs/grue/internal/server"
)

// planted counts the secrets that were hidden: each is hunter2 and a number.
type planted struct {
	n   int
	all []string // and those that grue made
}

func (p *planted) secret() string {
	p.n++
	return fmt.Sprintf("hunter2x%dx", p.n)
}

func (p *planted) ref() *string { return aws.String(p.secret()) }

// grue runs a server with tasks on paper, and returns its URL.
func grue(t *testing.T, data string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- server.Run(ctx, server.Options{
			Listener: l, Data: data, Region: "us-east-1", Account: "000000000000", Runtime: "fake", KeepTasks: true, Ready: func() { close(ready) },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		done <- err
		t.Fatal(err)
	}
	return "http://" + l.Addr().String()
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// plant puts a secret wherever a user can put one.
func plant(t *testing.T, p *planted, cfg aws.Config) {
	t.Helper()
	ctx := t.Context()
	must(secretsmanager.NewFromConfig(cfg).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("db"), SecretString: p.ref(), Description: p.ref()}))(t)
	for i, kind := range []ssmtypes.ParameterType{ssmtypes.ParameterTypeSecureString, ssmtypes.ParameterTypeString} {
		must(ssm.NewFromConfig(cfg).PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String(fmt.Sprint("p", i)), Value: p.ref(), Type: kind}))(t)
	}
	must(iam.NewFromConfig(cfg).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("u")}))(t)
	key := must(iam.NewFromConfig(cfg).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("u")}))(t).AccessKey
	p.all = append(p.all, *key.SecretAccessKey, *key.AccessKeyId)
	topic := must(sns.NewFromConfig(cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("t")}))(t).TopicArn
	must(sns.NewFromConfig(cfg).Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: topic, Protocol: aws.String("http"), Endpoint: aws.String("http://user:" + p.secret() + "@127.0.0.1:1/" + p.secret() + "?t=" + p.secret()),
	}))(t)
	queue := must(sqs.NewFromConfig(cfg).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")}))(t).QueueUrl
	must(sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue, MessageBody: p.ref()}))(t)
	logs := cloudwatchlogs.NewFromConfig(cfg)
	must(logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("g")}))(t)
	must(logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s")}))(t)
	must(logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s"), LogEvents: []logtypes.InputLogEvent{{Message: p.ref(), Timestamp: aws.Int64(1)}}}))(t)
	events := eventbridge.NewFromConfig(cfg)
	must(events.CreateConnection(ctx, &eventbridge.CreateConnectionInput{
		Name: aws.String("c"), AuthorizationType: ebtypes.ConnectionAuthorizationTypeApiKey,
		AuthParameters: &ebtypes.CreateConnectionAuthRequestParameters{ApiKeyAuthParameters: &ebtypes.CreateConnectionApiKeyAuthRequestParameters{ApiKeyName: aws.String("X-Key"), ApiKeyValue: p.ref()}},
	}))(t)
	must(events.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{Source: p.ref(), DetailType: p.ref(), Detail: aws.String(`{"reason":"` + p.secret() + `"}`)}}}))(t)
	must(cloudwatch.NewFromConfig(cfg).PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("a"), AlarmDescription: p.ref(), MetricName: aws.String("m"), Namespace: aws.String("n"), Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
		Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanThreshold", Statistic: "Sum",
	}))(t)
	must(acm.NewFromConfig(cfg).RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("a.example.com")}))(t)
	plantTasks(t, p, ecs.NewFromConfig(cfg))
}

// plantTasks hides secrets in a task definition, a service with hooks, and a task's
// reasons.
func plantTasks(t *testing.T, p *planted, api *ecs.Client) {
	t.Helper()
	ctx := t.Context()
	must(api.CreateCluster(ctx, &ecs.CreateClusterInput{}))(t)
	def := must(api.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("f"), Tags: []ecstypes.Tag{{Key: aws.String("k"), Value: p.ref()}},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("app"), Memory: aws.Int32(64), Command: []string{"--password=" + p.secret()}, DockerLabels: map[string]string{"l": p.secret()},
			Environment: []ecstypes.KeyValuePair{{Name: aws.String("TOKEN"), Value: p.ref()}},
			HealthCheck: &ecstypes.HealthCheck{Command: []string{"CMD", p.secret()}},
		}},
	}))(t).TaskDefinition.TaskDefinitionArn
	must(api.CreateService(ctx, &ecs.CreateServiceInput{
		ServiceName: aws.String("web"), TaskDefinition: def, DesiredCount: aws.Int32(1), Tags: []ecstypes.Tag{{Key: aws.String("k"), Value: p.ref()}},
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{LifecycleHooks: []ecstypes.DeploymentLifecycleHook{{
			LifecycleStages: []ecstypes.DeploymentLifecycleHookStage{ecstypes.DeploymentLifecycleHookStagePreScaleUp},
			HookDetails: document.NewLazyDocument(map[string]any{
				"grue:url": "http://127.0.0.1:1/services/" + p.secret() + "?token=" + p.secret(), "grue:secret": "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(p.secret(), 3))), "own": p.secret(),
			}),
		}}},
	}))(t)
	run := must(api.RunTask(ctx, &ecs.RunTaskInput{
		TaskDefinition: def, Group: aws.String("g-" + p.secret()), StartedBy: p.ref(),
		Overrides: &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: aws.String("app"), Environment: []ecstypes.KeyValuePair{{Name: aws.String("X"), Value: p.ref()}}}}},
	}))(t)
	must(api.StopTask(ctx, &ecs.StopTaskInput{Task: run.Tasks[0].TaskArn, Reason: p.ref()}))(t)
}

// open reads a bundle.
func open(t *testing.T, file string) map[string]string {
	t.Helper()
	f := must(os.Open(file))(t)
	defer f.Close()
	r := tar.NewReader(must(gzip.NewReader(f))(t))
	out := map[string]string{}
	for {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(h.Name, "grue/")] = string(must(io.ReadAll(r))(t))
	}
}

// TestBundleHasNoSecrets plants secrets everywhere and looks for them in the bundle,
// while grue runs and after it ended.
func TestBundleHasNoSecrets(t *testing.T) {
	data, p := t.TempDir(), &planted{}
	url := grue(t, data)
	for k, v := range map[string]string{
		"AWS_SECRET_ACCESS_KEY": p.secret(), "AWS_SESSION_TOKEN": p.secret(), "HTTPS_PROXY": "http://u:" + p.secret() + "@127.0.0.1:1", "GRUE_SOMETHING": p.secret(),
		"AWS_ENDPOINT_URL": "http://u:" + p.secret() + "@127.0.0.1:9/" + p.secret(), "OTEL_EXPORTER_OTLP_HEADERS": "key=" + p.secret(), "AWS_REGION": "secret " + p.secret(),
	} {
		t.Setenv(k, v)
	}
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	plant(t, p, cfg)
	for name, lines := range map[string]string{
		"server.log": `time=2026-11-21T19:27:12.477Z level=INFO msg="lifecycle hook called" process=server deployment=arn:aws:ecs:us-east-1:000000000000:service-deployment/default/web/x target=https://hooks.slack.com/services/` + p.secret() + ` status=FAILED err="Post \"https://u:` + p.secret() + `@x\": dial tcp: connect: connection refused" odd=` + p.secret() + "\n" +
			`{"time":"2026-11-21T19:27:12.477Z","level":"WARN","msg":"request refused","access_key":"` + p.secret() + `","peer":"127.0.0.1:1"}` + "\n" +
			"panic: " + p.secret() + "\n\ngoroutine 1 [running]:\ngithub.com/grue-ecs/grue/internal/engine.(*Engine).Run(0xc000)\n\t/src/internal/engine/engine.go:12 +0x1d\n" +
			`time=broken "` + p.secret() + "\n",
		"proxy.log": "time=2026-11-21T19:27:12Z level=INFO msg=\"" + p.secret() + "\xff\" process=proxy target=10.0.0.1:80\n",
	} {
		if err := os.MkdirAll(filepath.Join(data, "log"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, "log", name), []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := doctor.Options{Data: data, Listen: "127.0.0.1:4566", URL: url, PID: os.Getpid(), Runtime: "auto", OCI: "runc", Version: "test", Machine: doctor.This(func(string) string { return "" })}
	file := filepath.Join(t.TempDir(), "bundle.tar.gz")
	if err := doctor.Bundle(t.Context(), o, doctor.Run(t.Context(), o), file); err != nil {
		t.Fatal(err)
	}
	if err := doctor.Bundle(t.Context(), o, nil, file); err == nil {
		t.Error("an existing file was overwritten")
	}
	files := open(t, file)
	harmless(t, p, files)
	for name, wants := range map[string][]string{
		"README.txt": {"look through it"}, "doctor.json": {`"check": "kernel"`}, "versions.json": {`"grue": "test"`},
		"environment.json": {`"AWS_SECRET_ACCESS_KEY": "(set)"`, `"HTTPS_PROXY": "(set)"`},
		"state.json":       {`"Name": "web"`, `"ecs.service": 1`, `"Strategy": "ROLLING"`, `"StopCode": "UserInitiated"`},
		"events.json":      {`"source": "aws.ecs"`, `"lastStatus"`},
		"log/server.log":   {"connection refused", "lifecycle hook called", "internal/engine.", "engine.go:12", "goroutine 1 [running]:", "deployment=arn:aws:ecs:"},
		"log/proxy.log":    {"target=10.0.0.1:80"},
		"metrics.txt":      {"grue_build_info", "grue_store_epoch 1"},
		"goroutines.txt":   {"goroutine ", "server.Run"},
		"missing.json":     {"log/up.log"},
	} {
		for _, want := range wants {
			if !strings.Contains(files[name], want) {
				t.Errorf("%s does not tell %s:\n%.3000s", name, want, files[name])
			}
		}
	}
	for name, doc := range files {
		if strings.HasSuffix(name, ".json") && !json.Valid([]byte(doc)) {
			t.Errorf("%s is no JSON", name)
		}
	}
	o.URL, o.PID = "", 0
	second := filepath.Join(t.TempDir(), "second.tar.gz")
	if err := doctor.Bundle(t.Context(), o, nil, second); err != nil {
		t.Fatal(err)
	}
	files = open(t, second)
	harmless(t, p, files)
	if !strings.Contains(files["missing.json"], "no grue runs") || !strings.Contains(files["state.json"], `"Name": "web"`) {
		t.Errorf("without a grue: %s", files["missing.json"])
	}
}

// harmless looks for what was planted, and for what grue makes itself.
func harmless(t *testing.T, p *planted, files map[string]string) {
	t.Helper()
	if p.n < 35 {
		t.Errorf("only %d secrets were planted", p.n)
	}
	for name, doc := range files {
		for _, s := range append([]string{"hunter2", "PRIVATE KEY", "BEGIN ", "whsec_"}, p.all...) {
			if at := strings.Index(doc, s); at >= 0 {
				t.Errorf("%s holds %s: …%s…", name, s, doc[max(at-60, 0):min(at+60, len(doc))])
			}
		}
	}
}

package server

import (
	"flag"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/grue-ecs/grue/internal/wire"
)

var update = flag.Bool("update", false, "write README.md and docs/operations.md")

// services are what the documents say of each service, by signing name.
var services = map[string]struct {
	title, differs string
	client         any // of the SDK: what AWS has; nil where the SDK's package is too large
}{
	"ecs": {"Amazon ECS", "Fargate and EC2 launch types run on this machine; task sets and managed daemons are absent", (*ecs.Client)(nil)},
	"elasticloadbalancing": {
		"Elastic Load Balancing v2", "application and network load balancers, no gateway load balancers and no QUIC; no Lambda targets, no authenticating actions", (*elb.Client)(nil),
	},
	"servicediscovery": {
		"Cloud Map", "names of private and public namespaces are resolvable in the tasks of this machine; no health checks of Route 53", (*servicediscovery.Client)(nil),
	},
	"ecr":                     {"Amazon ECR, with the registry protocol", "repository policies are recorded; images are not scanned; no replication", (*ecr.Client)(nil)},
	"logs":                    {"CloudWatch Logs", "no Insights queries, metric filters or subscriptions", (*cloudwatchlogs.Client)(nil)},
	"lambda":                  {"Lambda", "container images, run as tasks are, and zip files for provided.al2023, python3.* and nodejs*, run as processes of this machine; no layers, S3 or event sources", (*lambda.Client)(nil)},
	"monitoring":              {"CloudWatch", "metrics are in memory; no dashboards, anomaly detection or PromQL; actions of alarms are SNS topics, Lambda functions and scaling policies, others fail and the history says so", (*cloudwatch.Client)(nil)},
	"application-autoscaling": {"Application Auto Scaling", "desired counts of ECS services only; target tracking, step scaling and scheduled actions, no predictive scaling; cool-downs shrink with `--minute`", (*applicationautoscaling.Client)(nil)},
	"sns":                     {"SNS", "subscriptions over http, https, email (to files), email-json, lambda and sqs; no FIFO topics, SMS or push; policies are recorded", (*sns.Client)(nil)},
	"events":                  {"EventBridge", "targets are Lambda functions, SNS topics, SQS queues, API destinations, log groups and event buses; no archives, replays or partner buses; roles and policies are recorded", (*eventbridge.Client)(nil)},
	"sqs":                     {"SQS", "messages are in memory as well as on disk; a purge and a deletion take effect at once; policies and KMS keys are recorded", (*sqs.Client)(nil)},
	"ssm":                     {"SSM Parameter Store", "of Systems Manager, parameters, and of Session Manager what clients of ECS Exec call; KMS keys and parameter policies are recorded", (*ssm.Client)(nil)},
	"secretsmanager":          {"Secrets Manager", "no rotation by Lambda, no replication; KMS keys and resource policies are recorded", (*secretsmanager.Client)(nil)},
	"acm":                     {"ACM", "requested certificates are issued at once, by an authority of grue's own", (*acm.Client)(nil)},
	"sts":                     {"STS", "roles need not exist; web identity tokens are believed from this machine only", (*sts.Client)(nil)},
	"iam":                     {"IAM", "recorded, not enforced", (*iam.Client)(nil)},
	"ec2":                     {"EC2 networking", "recorded, not enforced; no instances but this machine; what is not listed is absent", nil},
}

// operations asks a server, wired as always, what it answers.
func operations(t *testing.T) map[string][]string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s, err := build(t.Context(), Options{
		Listener: l, Data: t.TempDir(), Region: "us-east-1", Account: "000000000000", Runtime: "fake",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	r, ok := s.api.(*wire.Registry)
	if !ok {
		t.Fatalf("the API is a %T", s.api)
	}
	return r.Operations()
}

// known are the operations that AWS has: the methods of the SDK's client that
// take a context, an input and options.
func known(client any) []string {
	if client == nil {
		return nil
	}
	var out []string
	typ := reflect.TypeOf(client)
	for i := range typ.NumMethod() {
		m := typ.Method(i)
		if m.Type.NumIn() == 4 && m.Type.IsVariadic() && m.Type.In(2).Kind() == reflect.Pointer &&
			strings.HasSuffix(m.Type.In(2).Elem().Name(), "Input") {
			out = append(out, m.Name)
		}
	}
	return out
}

// TestREADME holds the documents against what the server answers.
func TestREADME(t *testing.T) {
	ops := operations(t)
	for name := range ops {
		if _, ok := services[name]; !ok {
			t.Errorf("the service %s is not described: add it to services in readme_test.go", name)
		}
	}
	order := slices.SortedFunc(maps.Keys(ops), func(a, b string) int { return strings.Compare(services[a].title, services[b].title) })
	var brief []string
	var table, list strings.Builder
	table.WriteString("| Service | Works | Differs | Absent | In general |\n|---|---|---|---|---|\n")
	used := map[rule]bool{}
	for _, name := range order {
		s := services[name]
		all := known(s.client)
		text, works, other, missing := section(t, name, ops[name], all, used)
		gone, count := "", fmt.Sprint(len(ops[name]))
		if len(all) > 0 {
			gone, count = fmt.Sprint(missing), fmt.Sprint(len(ops[name]), " of ", len(all))
		}
		brief = append(brief, s.title+" "+count)
		fmt.Fprintf(&table, "| %s | %d | %d | %s | %s |\n", s.title, works, other, gone, s.differs)
		fmt.Fprintf(&list, "\n## %s\n\n%s.\n%s", s.title, upperFirst(s.differs), text)
	}
	for _, rules := range []map[string][]rule{differs, absent} {
		for name, list := range rules {
			for _, r := range list {
				if !used[r] {
					t.Errorf("%s: no operation is %q any more", name, r.match)
				}
			}
		}
	}
	check(t, filepath.Join("..", "..", "README.md"), func(old string) string {
		head, rest, ok1 := strings.Cut(old, "-update -->\n")
		_, tail, ok2 := strings.Cut(rest, "<!-- /operations -->")
		if !ok1 || !ok2 {
			t.Fatal("README.md has lost the marks around its list of services")
		}
		return head + "-update -->\n" + strings.Join(brief, " · ") + ".\n<!-- /operations -->" + tail
	})
	check(t, filepath.Join("..", "..", "docs", "operations.md"), func(string) string { return preface + table.String() + list.String() })
}

// preface is how docs/operations.md begins.
const preface = `# Operations

Every operation of AWS's APIs is one of these: it **works** as AWS's documentation says; it works and **differs** as is told here and in
[differences.md](differences.md); or it is **absent**, for the reason that stands beside it, and answers the error that AWS gives for an operation it does not know.

Written by ` + "`go test ./internal/server -run README -update`" + ` from what the server answers and what the AWS SDK for Go calls.

`

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// check compares a file with what it should be, or writes it.
func check(t *testing.T, file string, want func(old string) string) {
	t.Helper()
	old, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	now := want(string(old))
	if now == string(old) {
		return
	}
	if !*update {
		t.Errorf("%s does not say what the server answers: run 'go test ./internal/server -run README -update'", file)
		return
	}
	if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
		t.Fatal(err)
	}
}

package server

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rule says something about the operations whose whole name matches.
type rule struct{ match, says string }

// differs are, by signing name, operations that work and differ from AWS. The
// first rule that matches holds.
var differs = map[string][]rule{
	"acm": {{"RequestCertificate", "issued at once, by an authority of grue's own"}},
	"ecr": {
		{".*RepositoryPolicy", "recorded, not enforced"},
		{".*ImageScan.*", "images are not scanned"},
	},
	"ecs": {
		{"CreateService|UpdateService", "deploymentController ECS only; VPC Lattice, gateways, volumeConfigurations and placement constraints are refused"},
		{"RunTask|StartTask", "on this machine; volumeConfigurations are refused"},
		{"RegisterTaskDefinition", "what this machine lacks (EFS, GPUs, Windows, FireLens, …) can be registered; no task starts from it"},
		{"ExecuteCommand", "no agent in the container, no transcripts in S3"},
		{".*CapacityProvider.*", "recorded; tasks run on this machine"},
		{"ListContainerInstances|DescribeContainerInstances", "this machine is the only one"},
		{"UpdateContainerInstancesState", "DRAINING is refused: there is no other machine"},
		{"ContinueServiceDeployment|StopServiceDeployment", "also keeps who did it, when, from where and why"},
	},
	"elasticloadbalancing": {
		{"CreateLoadBalancer", "application and network; one address of this machine for all zones"},
		{"CreateListener|ModifyListener", "no QUIC, no mutual TLS, no authenticating actions; stating weights again that a deployment moved keeps them"},
		{"CreateRule|ModifyRule", "no authenticating actions; stating weights again that a deployment moved keeps them"},
		{"CreateTargetGroup", "no Lambda targets, no GENEVE, QUIC or target control port"},
		{"ModifyLoadBalancerAttributes", "logs to S3 are not written"},
		{"SetSecurityGroups|SetSubnets", "recorded"},
	},
	"servicediscovery": {
		{"CreatePrivateDnsNamespace|CreatePublicDnsNamespace", "names resolve in the tasks of this machine"},
		{"CreateService|UpdateService", "health checks of Route 53 are recorded"},
	},
	"logs":                    {{"FilterLogEvents|GetLogEvents", "events are readable as soon as they are written"}},
	"lambda":                  {{"CreateFunction|UpdateFunctionCode|UpdateFunctionConfiguration", "images, and zip files for provided.al2023, python3.* and nodejs*; no layers, no S3"}, {"Invoke", "zip files run as processes of this machine, without a sandbox"}, {"AddPermission|RemovePermission|GetPolicy", "recorded, not enforced"}},
	"monitoring":              {{"Put(Metric|Composite)Alarm", "actions are SNS topics, Lambda functions and scaling policies; others fail, and the history says so"}, {"PutMetricData|GetMetric.*|ListMetrics", "metrics are in memory, for 15 days of minutes"}},
	"application-autoscaling": {{"RegisterScalableTarget", "desired counts of ECS services only"}, {"PutScalingPolicy", "no predictive scaling; cool-downs shrink with --minute"}},
	"sns":                     {{"CreateTopic", "no FIFO topics"}, {"Subscribe", "http, https, email (to files), email-json, lambda and sqs"}, {"AddPermission|RemovePermission", "recorded, not enforced"}},
	"events":                  {{"PutTargets", "Lambda functions, SNS topics, SQS queues, API destinations, log groups and event buses"}, {"PutPermission|RemovePermission", "recorded, not enforced"}},
	"sqs":                     {{"PurgeQueue|DeleteQueue", "takes effect at once"}, {"CreateQueue|SetQueueAttributes", "policies and KMS keys are recorded"}, {"AddPermission|RemovePermission", "recorded, not enforced"}},
	"ssm":                     {{"PutParameter", "KMS keys and parameter policies are recorded"}},
	"secretsmanager":          {{"CreateSecret|UpdateSecret", "KMS keys are recorded"}, {".*ResourcePolicy", "recorded, not enforced"}},
	"sts":                     {{"AssumeRole.*", "the role need not exist; web identity tokens are believed from this machine only"}},
	"iam":                     {{".*(AccessKey|User).*", "keys and users are real; their policies are recorded"}, {".*", "recorded, not enforced"}},
	"ec2":                     {{".*", "recorded: packets do not obey it"}},
}

// absent are the reasons why operations that AWS has are not there. Each such
// operation needs one; the first rule that matches holds.
var absent = map[string][]rule{
	"acm": {{".*Acme.*", "ACME endpoints: certificates are issued by RequestCertificate"}, {".*", "nothing that load balancers and Service Connect need"}},
	"ecr": {
		{".*PullThrough.*|.*Replication.*|.*CreationTemplate.*", "there is no other registry to copy from or to"},
		{".*Scan.*", "images are not scanned"},
		{".*Sign.*", "images are not signed by the registry"},
		{".*", "settings of Amazon's registry that deployments do not use"},
	},
	"ecs": {
		{".*TaskSet.*", "task sets are for the controllers CODE_DEPLOY and EXTERNAL, which are refused"},
		{".*Daemon.*", "managed daemons: not yet"},
		{".*ExpressGateway.*", "Express Mode: not yet"},
		{".*Gateway.*", "service gateways: not yet"},
		{"Submit.*|RegisterContainerInstance|DeregisterContainerInstance|UpdateContainerAgent", "for the ECS agent of other machines; grue starts the tasks itself"},
	},
	"elasticloadbalancing": {{".*", "trust stores, shared resources and capacity of Amazon's load balancers"}},
	"logs": {
		{".*Quer.*|.*LookupTable.*|.*Index.*|.*Field.*|GetLogRecord|GetLogObject", "no Insights queries"},
		{".*MetricFilter.*|.*Subscription.*|.*Destination.*|.*Deliver.*|.*Transformer.*", "no metric filters, subscriptions and deliveries"},
		{".*", "nothing that writing and reading the logs of tasks needs"},
	},
	"lambda": {
		{".*Layer.*", "no layers"},
		{".*EventSource.*", "no event sources: hooks and events invoke functions"},
		{".*Durable.*|.*CapacityProvider.*", "durable functions and managed instances: not yet"},
		{".*", "nothing that hooks and targets of events need"},
	},
	"monitoring": {
		{".*Dashboard.*|GetMetricWidgetImage", "no dashboards of CloudWatch; grue has its own"},
		{".*Anomaly.*|.*Insight.*", "no anomaly detection and insight rules"},
		{".*", "nothing that alarms of deployments need"},
	},
	"application-autoscaling": {{".*", "no predictive scaling"}},
	"sns":                     {{".*SMS.*|.*Platform.*|.*Phone.*|.*Endpoint.*", "no SMS and push messages"}, {".*", "nothing that notifications of deployments need"}},
	"events": {
		{".*Archive.*|.*Replay.*", "no archives and replays"},
		{".*Partner.*|.*EventSource.*", "no partners"},
		{".*", "there is one region"},
	},
	"ssm":            {{".*Session.*", "ECS Exec needs no more of Session Manager"}, {".*", "Systems Manager manages machines; of it, ECS reads parameters"}},
	"secretsmanager": {{".*Rotat.*|.*SecretVersionStage", "no rotation by Lambda"}, {".*Regions|StopReplication.*", "there is one region"}, {".*", "nothing that tasks need"}},
	"sts":            {{".*", "nothing that SDKs in tasks and pipelines call"}},
	"iam":            {{".*", "permissions are not enforced, and this would only record more"}},
}

// says finds what a list of rules says of an operation, and marks the rule.
func says(rules []rule, op string, used map[rule]bool) string {
	for _, r := range rules {
		if regexp.MustCompile(`^(?:` + r.match + `)$`).MatchString(op) {
			used[r] = true
			return r.says
		}
	}
	return ""
}

// group writes operations that a rule says the same of as rows of a table.
func group(head string, rules []rule, by map[string][]string) string {
	if len(by) == 0 {
		return ""
	}
	var w strings.Builder
	fmt.Fprintf(&w, "\n| %s | |\n|---|---|\n", head)
	for _, r := range rules {
		if ops := by[r.says]; len(ops) > 0 {
			fmt.Fprintf(&w, "| %s | %s |\n", strings.Join(ops, ", "), r.says)
			delete(by, r.says)
		}
	}
	return w.String()
}

// section writes a service: each operation of AWS works, differs or is absent,
// and of the last two the document says how and why.
func section(t *testing.T, name string, ops, all []string, used map[rule]bool) (text string, works, other, missing int) {
	t.Helper()
	var same []string
	unlike, gone := map[string][]string{}, map[string][]string{}
	for _, op := range ops {
		if how := says(differs[name], op, used); how != "" {
			unlike[how] = append(unlike[how], op)
			other++
			continue
		}
		same = append(same, op)
	}
	for _, op := range all {
		if slices.Contains(ops, op) {
			continue
		}
		why := says(absent[name], op, used)
		if why == "" {
			t.Errorf("%s: why is %s absent? Say it in operations_test.go", name, op)
		}
		gone[why] = append(gone[why], op)
		missing++
	}
	var w strings.Builder
	if len(same) > 0 {
		fmt.Fprintf(&w, "\nWorks: %s.\n", strings.Join(same, ", "))
	}
	w.WriteString(group("Differs", differs[name], unlike) + group("Absent", absent[name], gone))
	return w.String(), len(same), other, missing
}

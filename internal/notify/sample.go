package notify

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/arn"
)

// sample is a message of made-up things, to try a notification or a template.
func sample(k Kind, name string, now time.Time) *Message {
	s := arn.Scope{Account: "000000000000", Region: "us-east-1"}
	now = now.UTC().Truncate(time.Second)
	m := &Message{
		ID: "00000000-0000-4000-8000-000000000000", Event: k, At: now, Notification: name, Account: s.Account, Region: s.Region,
		Cluster: "default", Service: "sample", ServiceARN: s.Service("default", "sample"), DeploymentARN: s.ServiceDeployment("default", "sample", "sample"),
		Strategy: "CANARY", Status: "IN_PROGRESS", Stage: "PRE_PRODUCTION_TRAFFIC_SHIFT", StartedAt: now.Add(-3 * time.Minute),
		Target: sampleRevision(s, "2", 10), Source: sampleRevision(s, "1", 90),
	}
	switch k {
	case Approval:
		m.Approval = &approval.Pending{
			Kind: approval.KindPause, Cluster: m.Cluster, Service: m.Service, ServiceARN: m.ServiceARN, DeploymentARN: m.DeploymentARN,
			HookID: "ecs-pause-sample", Stage: m.Stage, Strategy: m.Strategy, Since: now, ExpiresAt: now.Add(time.Hour), TimeoutAction: "ROLLBACK",
			Target: m.Target, Source: m.Source,
		}
	case Rollback:
		m.Status, m.Reason = "ROLLBACK_IN_PROGRESS", "Service deployment rolled back because alarm(s) sample triggered."
	case Failed:
		m.Status, m.Reason = "ROLLBACK_SUCCESSFUL", "Service deployment rolled back because ContinueServiceDeployment was called with ROLLBACK."
		m.FinishedAt, m.Stage = now, ""
		m.Decision = &approval.Decision{
			DeploymentARN: m.DeploymentARN, At: now, Action: "ROLLBACK", HookID: "ecs-pause-sample", Stage: "PRE_PRODUCTION_TRAFFIC_SHIFT",
			By: "link " + name + " (Ann)", From: "link 127.0.0.1", Reason: "this is a sample",
		}
	case Succeeded:
		m.Status, m.FinishedAt, m.Stage = "SUCCESSFUL", now, ""
	}
	m.say()
	return m
}

func sampleRevision(s arn.Scope, n string, percent float64) *approval.Revision {
	return &approval.Revision{
		Number: n, ARN: s.Revision("default", "sample", n), TaskDefinition: "sample:" + n, Production: aws.Float64(percent), Test: aws.Float64(0),
		Images: []approval.Image{{Container: "app", Image: "sample:v" + n, Digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}},
	}
}

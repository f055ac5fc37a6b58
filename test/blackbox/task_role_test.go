package blackbox

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/grue-ecs/grue/test/harness"
)

// TestTaskRole: a task with a role finds the keys of the role and AWS's APIs where
// the AWS SDKs look for them; a task without one finds neither.
func TestTaskRole(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	container := []types.ContainerDefinition{server("app", g.Guest(t, "v1", ""), "8080")}
	task := g.RunTask(t, harness.TaskSpec{Family: "role", Containers: container, Define: func(in *ecs.RegisterTaskDefinitionInput) {
		in.TaskRoleArn = aws.String("arn:aws:iam::000000000000:role/worker")
	}})
	a := up(t, task, "8080")
	const from = "http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	var keys struct {
		RoleArn, AccessKeyID, SecretAccessKey, Token string
		Expiration                                   time.Time
	}
	out := ask(t, a, "get", from)
	if err := json.Unmarshal([]byte(out), &keys); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if keys.RoleArn != "arn:aws:iam::000000000000:role/worker" || time.Until(keys.Expiration) < time.Hour {
		t.Errorf("%s", out)
	}
	if again := ask(t, a, "get", from); again != out {
		t.Errorf("asked twice:\n%s\n%s", out, again)
	}
	if out := ask(t, a, "get", "$AWS_ENDPOINT_URL/grue/health"); !strings.Contains(out, `"status":"ok"`) {
		t.Errorf("AWS_ENDPOINT_URL: %s", out)
	}
	cfg := g.Config()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, keys.Token)
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if want := ":assumed-role/worker/" + task.ID(); !strings.HasSuffix(*who.Arn, want) {
		t.Errorf("the keys are those of %s, not of …%s", *who.Arn, want)
	}

	plain := up(t, g.RunTask(t, harness.TaskSpec{Family: "role-none", Containers: container}), "8080")
	for _, url := range []string{from, "$AWS_ENDPOINT_URL/grue/health"} {
		if out := ask(t, plain, "get", url); strings.HasPrefix(out, "{") || strings.HasPrefix(out, "200") {
			t.Errorf("a task without a role gets %s from %s", out, url)
		}
	}
}

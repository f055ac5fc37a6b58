package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"
)

// elsewhere is an ECS that knows nothing of grue: one cluster, two services, and one
// of them waits. calls gets what it was asked.
func elsewhere(t *testing.T, calls *[]string) *Client {
	t.Helper()
	const a = "arn:aws:ecs:eu-west-1:1:"
	answers := map[string]string{
		"ListClusters":     `{"clusterArns":["` + a + `cluster/prod"]}`,
		"ListServices":     `{"serviceArns":["` + a + `service/prod/web","` + a + `service/prod/idle"]}`,
		"DescribeServices": `{"services":[{"serviceName":"web","status":"ACTIVE","clusterArn":"` + a + `cluster/prod","currentServiceDeployment":"` + a + `service-deployment/prod/web/x","deployments":[{"id":"ecs-svc/2","taskDefinition":"` + a + `task-definition/web:8"}]},{"serviceName":"idle","status":"ACTIVE"}]}`,
		"DescribeServiceDeployments": `{"serviceDeployments":[{"serviceDeploymentArn":"` + a + `service-deployment/prod/web/x","status":"IN_PROGRESS","lifecycleStage":"POST_SCALE_UP",
			"targetServiceRevision":{"arn":"` + a + `service-revision/prod/web/2"},"sourceServiceRevisions":[{"arn":"` + a + `service-revision/prod/web/1"}],
			"lifecycleHookDetails":[{"hookId":"ecs-pause-1","targetType":"PAUSE","status":"AWAITING_ACTION","timeoutAction":"ROLLBACK"},{"hookId":"ecs-lambda-2","targetType":"AWS_LAMBDA","status":"IN_PROGRESS"}]}]}`,
		"ContinueServiceDeployment": `{}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		body, _ := io.ReadAll(r.Body)
		call := op
		if op == "ContinueServiceDeployment" {
			call = fmt.Sprintf("%s %s reason=%q from=%q", op, body, r.Header.Get("X-Grue-Reason"), r.Header.Get("X-Grue-From"))
		}
		*calls = append(*calls, call)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = io.WriteString(w, answers[op])
	}))
	t.Cleanup(server.Close)
	return &Client{Cluster: "prod", ECS: ecs.New(ecs.Options{
		Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})}
}

// TestApprovalsOfAmazon: only AWS's operations are called, and of the hooks those
// are found that a person can answer.
func TestApprovalsOfAmazon(t *testing.T) {
	var calls []string
	c, ctx := elsewhere(t, &calls), context.Background()
	got, err := c.Approvals(ctx, "")
	if err != nil || len(got) != 1 {
		t.Fatalf("%v %+v", err, got)
	}
	a := got[0]
	if a.Cluster != "prod" || a.Service != "web" || a.HookID != "ecs-pause-1" || a.Stage != "POST_SCALE_UP" || a.Target.TaskDefinition != "web:8" || a.Source == nil || a.TimeoutAction != "ROLLBACK" {
		t.Errorf("found %+v", a)
	}
	one, err := c.ApprovalsOf(ctx, "web")
	if err != nil || len(one) != 1 {
		t.Errorf("of the service: %v %+v", err, one)
	}
	calls = nil
	if err := c.Answer(ctx, a, false, "100 % nö"); err != nil {
		t.Fatal(err)
	}
	want := []string{`ContinueServiceDeployment {"action":"ROLLBACK","hookId":"ecs-pause-1","serviceDeploymentArn":"arn:aws:ecs:eu-west-1:1:service-deployment/prod/web/x"} reason="100%20%25%20n%C3%B6" from="cli"`}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Error(diff)
	}
}

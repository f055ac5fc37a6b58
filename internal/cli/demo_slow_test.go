//go:build slow && linux

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// The demo loses no request, on a fresh directory and on one that it has used.
func TestSlowDemo(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the embedded runtime needs root")
	}
	bin := filepath.Join(t.TempDir(), "grue")
	build := exec.Command("go", "build", "-o", bin, "github.com/grue-ecs/grue/cmd/grue")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data := filepath.Join(t.TempDir(), "data")
	t.Cleanup(func() {
		if out, err := exec.Command(bin, "down", "--data", data, "--purge").CombinedOutput(); err != nil {
			t.Errorf("grue down: %v\n%s", err, out)
		}
	})
	none := regexp.MustCompile(`requests failed +0\n`)
	dashboard := regexp.MustCompile(`Its dashboard is (http://[^/]+)/ui/`)
	for run := range 2 {
		out, err := exec.Command(bin, "demo", "--data", data, "--listen", "127.0.0.1:0").CombinedOutput()
		if err != nil || !none.Match(out) {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		at := dashboard.FindSubmatch(out)
		if at == nil {
			t.Fatal("it does not say where the dashboard is")
		}
		if run == 0 {
			playWith(t, string(at[1]))
		}
	}
}

// playWith adds to the demo's load balancer what a person adds who tries things: a rule, and
// listeners before and after the demo's.
func playWith(t *testing.T, endpoint string) {
	t.Helper()
	c := elb.New(elb.Options{BaseEndpoint: &endpoint, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	list, err := c.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{Names: []string{"grue-demo"}})
	if err != nil {
		t.Fatal(err)
	}
	lb := list.LoadBalancers[0].LoadBalancerArn
	listeners, err := c.DescribeListeners(t.Context(), &elb.DescribeListenersInput{LoadBalancerArn: lb})
	if err != nil {
		t.Fatal(err)
	}
	answer := []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("404")}}}
	_, err = c.CreateRule(t.Context(), &elb.CreateRuleInput{
		ListenerArn: listeners.Listeners[0].ListenerArn, Priority: aws.Int32(5), Actions: answer,
		Conditions: []types.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/x*"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range []int32{79, 8080} {
		_, err = c.CreateListener(t.Context(), &elb.CreateListenerInput{
			LoadBalancerArn: lb, Port: &port, Protocol: types.ProtocolEnumHttp, DefaultActions: answer,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

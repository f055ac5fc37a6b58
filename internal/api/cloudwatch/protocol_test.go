package cloudwatch

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/test/boto"
)

// The query protocol, as Terraform and older SDKs speak it, and gzip in it.
func TestQueryProtocol(t *testing.T) {
	w := newWorld(t)
	post := func(form url.Values, zip bool) (int, string) {
		t.Helper()
		form.Set("Version", "2010-08-01")
		body := []byte(form.Encode())
		if zip {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write(body)
			z.Close()
			body = b.Bytes()
		}
		req, _ := http.NewRequest(http.MethodPost, w.url, bytes.NewReader(body))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if zip {
			req.Header.Set("Content-Encoding", "gzip")
		}
		sign(t, req, body)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(text)
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	status, body := post(url.Values{
		"Action": {"PutMetricData"}, "Namespace": {"shop"}, "MetricData.member.1.MetricName": {"m"}, "MetricData.member.1.Value": {"7"},
		"MetricData.member.1.Dimensions.member.1.Name": {"d"}, "MetricData.member.1.Dimensions.member.1.Value": {"v"},
	}, true)
	if status != 200 || !strings.Contains(body, "<PutMetricDataResponse") {
		t.Fatal(status, body)
	}
	status, body = post(url.Values{"Action": {"ListMetrics"}, "Namespace": {"shop"}}, false)
	if status != 200 || !strings.Contains(body, "<MetricName>m</MetricName>") || !strings.Contains(body, `xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"`) {
		t.Fatal(status, body)
	}
	status, body = post(url.Values{"Action": {"SetAlarmState"}, "AlarmName": {"x"}, "StateValue": {"OK"}, "StateReason": {"r"}}, false)
	if status != 404 || !strings.Contains(body, "<Code>ResourceNotFound</Code>") {
		t.Fatal(status, body)
	}
	status, body = post(url.Values{"Action": {"PutMetricAlarm"}, "AlarmName": {"q"}, "Namespace": {"shop"}, "MetricName": {"m"}, "Statistic": {"Sum"}, "Period": {"60"}, "EvaluationPeriods": {"1"}, "Threshold": {"1.5"}, "ComparisonOperator": {"GreaterThanThreshold"}}, false)
	if status != 200 {
		t.Fatal(status, body)
	}
	status, body = post(url.Values{"Action": {"DescribeAlarms"}, "AlarmNames.member.1": {"q"}}, false)
	if status != 200 || !strings.Contains(body, "<Threshold>1.5</Threshold>") {
		t.Fatal(status, body)
	}
}

func TestBoto3(t *testing.T) {
	python := boto.Python(t)
	w := newWorld(t)
	out, err := exec.Command(python, "testdata/life.py", w.url).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func TestCLI(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Fatal("the AWS CLI is not installed: make test does it")
	}
	w := newWorld(t)
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("aws", append([]string{"--endpoint-url", w.url, "--region", "us-east-1", "--output", "text", "cloudwatch"}, args...)...)
		cmd.Env = append(cmd.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("put-metric-alarm", "--alarm-name", "high-5xx", "--namespace", "AWS/ApplicationELB", "--metric-name", "HTTPCode_Target_5XX_Count",
		"--statistic", "Sum", "--period", "60", "--evaluation-periods", "2", "--threshold", "5", "--comparison-operator", "GreaterThanThreshold",
		"--alarm-actions", "arn:aws:sns:region:account-id:my-topic")
	run("set-alarm-state", "--alarm-name", "high-5xx", "--state-value", "ALARM", "--state-reason", "test")
	if got := run("describe-alarms", "--alarm-names", "high-5xx", "--query", "MetricAlarms[0].StateValue"); got != "ALARM" {
		t.Error(got)
	}
	run("delete-alarms", "--alarm-names", "high-5xx")
}

package elbv2

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/api/cloudwatch"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/watch"
)

// From the first bad answer to ALARM: a request, a proxy, its report, a metric, an
// alarm on the bad group alone, with a period of a minute that lasts a second.
// The log tells how long it took.
func TestBadAnswersRaiseAnAlarm(t *testing.T) {
	r := newReal(t)
	watcher := watch.New(watch.Options{Store: r.st, Metrics: r.metrics})
	r.run(watcher.Run)
	alarms := cloudwatch.New(cloudwatch.Options{Store: r.st, Metrics: r.metrics, Watcher: watcher})
	bluePort, _ := r.app("blue")
	greenPort, bad := r.failing()
	blue, green := r.group("blue", bluePort), r.group("green", greenPort)
	url, lb := r.divided(blue, green)
	for _, group := range []string{blue, green} {
		_, err := alarms.PutMetricAlarm(r.ctx, &cw.PutMetricAlarmInput{
			AlarmName: aws.String(elb.GroupDimension(group)), Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("HTTPCode_Target_5XX_Count"),
			Dimensions: []cwtypes.Dimension{{Name: aws.String("TargetGroup"), Value: aws.String(elb.GroupDimension(group))}, {Name: aws.String("LoadBalancer"), Value: &lb}},
			Statistic:  cwtypes.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(0),
			ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, TreatMissingData: aws.String("notBreaching"),
		})
		r.must(err)
	}
	state := func(group string) string {
		out, err := alarms.DescribeAlarms(r.ctx, &cw.DescribeAlarmsInput{AlarmNames: []string{elb.GroupDimension(group)}})
		r.must(err)
		return string(out.MetricAlarms[0].StateValue)
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	request := func() {
		if resp, err := client.Get(url); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	await(t, "OK", func() bool { request(); return state(blue) == "OK" && state(green) == "OK" })
	bad.Store(true)
	request()
	request() // one of two is green's
	began := time.Now()
	alarmed := func(group string) bool { // now, or a moment ago: the period is short
		out, err := alarms.DescribeAlarmHistory(r.ctx, &cw.DescribeAlarmHistoryInput{
			AlarmName: aws.String(elb.GroupDimension(group)), HistoryItemType: cwtypes.HistoryItemTypeStateUpdate,
		})
		r.must(err)
		return slices.ContainsFunc(out.AlarmHistoryItems, func(i cwtypes.AlarmHistoryItem) bool {
			return strings.HasSuffix(*i.HistorySummary, "to ALARM")
		})
	}
	await(t, "ALARM", func() bool { return alarmed(green) })
	t.Logf("ALARM %v after the first bad answer", time.Since(began).Round(time.Millisecond))
	if got := state(blue); got != "OK" || alarmed(blue) {
		t.Errorf("blue's alarm is %s", got)
	}
	bad.Store(false)
	await(t, "OK again", func() bool { request(); return state(green) == "OK" })
}

// run runs something until the test ends.
func (r *real) run(fn func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- fn(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	})
}

// failing is a target that answers 500 while bad, and is healthy all the time.
func (r *real) failing() (port int, bad *atomic.Bool) {
	bad = new(atomic.Bool)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if bad.Load() && req.URL.Path != "/health" {
			w.WriteHeader(500)
		}
	}))
	r.t.Cleanup(s.Close)
	_, p, _ := net.SplitHostPort(s.Listener.Addr().String())
	port, _ = strconv.Atoi(p)
	return port, bad
}

// divided makes a load balancer that divides requests evenly between two groups,
// and waits until both are healthy.
func (r *real) divided(blue, green string) (url, dimension string) {
	r.t.Helper()
	created, err := r.s.CreateLoadBalancer(r.ctx, &elasticloadbalancingv2.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{"subnet-1", "subnet-2"}})
	r.must(err)
	lb := created.LoadBalancers[0]
	_, err = r.s.CreateListener(r.ctx, &elasticloadbalancingv2.CreateListenerInput{
		LoadBalancerArn: lb.LoadBalancerArn, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(8080),
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{
			{TargetGroupArn: &blue, Weight: aws.Int32(1)}, {TargetGroupArn: &green, Weight: aws.Int32(1)},
		}}}},
	})
	r.must(err)
	for _, group := range []string{blue, green} {
		await(r.t, "a healthy target", func() bool {
			out, err := r.s.DescribeTargetHealth(r.ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: &group})
			r.must(err)
			return len(out.TargetHealthDescriptions) == 1 && out.TargetHealthDescriptions[0].TargetHealth.State == types.TargetHealthStateEnumHealthy
		})
	}
	return "http://" + *lb.DNSName + ":8080/", elb.LoadBalancerDimension(*lb.LoadBalancerArn)
}

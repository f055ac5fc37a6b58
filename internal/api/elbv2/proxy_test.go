package elbv2

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	acmapi "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/api/acm"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/proxy"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// loopback gives every load balancer an address of 127.84.0.0/16.
type loopback struct{ next atomic.Uint32 }

func (a *loopback) AllocLB(string) (netip.Addr, error) {
	return netip.AddrFrom4([4]byte{127, 84, 0, byte(a.next.Add(1))}), nil
}

func (a *loopback) FreeLB(string) error { return nil }

// real is the service with a real proxy at the other end of a real socket.
type real struct {
	t       *testing.T
	s       *Service
	b       *elb.Balancer
	acm     *acm.Service
	metrics *metric.Store
	st      *store.Store
	ctx     context.Context
}

func newReal(t *testing.T) *real {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() {
		ended <- proxy.Run(ctx, proxy.Options{Dir: filepath.Join(dir, "proxy"), ShutdownTimeout: time.Second})
	}()
	client := link.New(filepath.Join(dir, "proxy", "proxy.sock"))
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	metrics := metric.New(metric.Options{Minute: time.Second})
	b := elb.New(elb.Options{Store: st, Plane: client, Addresses: &loopback{}, Metrics: metrics})
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		client.Close()
		st.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	settle := func() {
		wait, cancel := context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
		if err := b.WaitApplied(wait); err != nil {
			t.Errorf("the proxy does not serve it: %v", err)
		}
	}
	caller := wire.WithCaller(context.Background(), wire.Caller{Account: "000000000000", Region: "us-east-1"})
	return &real{t, New(Options{Store: st, Balancer: b, Settle: settle}), b, acm.New(acm.Options{Store: st}), metrics, st, caller}
}

// app is a target that answers its name, and with 500 to health checks when it is
// ill.
func (r *real) app(name string) (port int, ill *atomic.Bool) {
	ill = new(atomic.Bool)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/health" && ill.Load() {
			w.WriteHeader(500)
		}
		fmt.Fprint(w, name)
	}))
	r.t.Cleanup(s.Close)
	_, p, _ := net.SplitHostPort(s.Listener.Addr().String())
	port, _ = strconv.Atoi(p)
	return port, ill
}

func (r *real) group(name string, ports ...int) string {
	r.t.Helper()
	out, err := r.s.CreateTargetGroup(r.ctx, &elasticloadbalancingv2.CreateTargetGroupInput{
		Name: &name, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"), TargetType: types.TargetTypeEnumIp,
		HealthCheckPath: aws.String("/health"), HealthCheckIntervalSeconds: aws.Int32(31), HealthCheckTimeoutSeconds: aws.Int32(30),
	})
	r.must(err)
	arn := *out.TargetGroups[0].TargetGroupArn
	for _, p := range ports {
		_, err := r.s.RegisterTargets(r.ctx, &elasticloadbalancingv2.RegisterTargetsInput{
			TargetGroupArn: &arn,
			Targets:        []types.TargetDescription{{Id: aws.String("127.0.0.1"), Port: aws.Int32(int32(p))}},
		})
		r.must(err)
	}
	return arn
}

func (r *real) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *real) get(client *http.Client, url string) string {
	r.t.Helper()
	resp, err := client.Get(url)
	r.must(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	r.must(err)
	return strconv.Itoa(resp.StatusCode) + " " + string(body)
}

// What the API says is what a client of the load balancer sees, from the moment
// the call returns.
func TestRealTraffic(t *testing.T) {
	r := newReal(t)
	bluePort, _ := r.app("blue")
	greenPort, _ := r.app("green")
	blue, green := r.group("blue", bluePort), r.group("green", greenPort)
	created, err := r.s.CreateLoadBalancer(r.ctx, &elasticloadbalancingv2.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{"subnet-1", "subnet-2"}})
	r.must(err)
	lb := created.LoadBalancers[0]
	forward := []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{
		{TargetGroupArn: &blue, Weight: aws.Int32(1)}, {TargetGroupArn: &green, Weight: aws.Int32(0)},
	}}}}
	listeners, err := r.s.CreateListener(r.ctx, &elasticloadbalancingv2.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(8080), DefaultActions: forward})
	r.must(err)
	url := "http://" + *lb.DNSName + ":8080/"
	if got := r.get(http.DefaultClient, url); got != "200 blue" {
		t.Errorf("got %s", got)
	}
	await(t, "health", func() bool { return r.b.Health(green, "127.0.0.1", greenPort).State == elb.Healthy })

	for _, want := range []string{"green", "blue", "green"} { // shifts take effect with the answer
		to := blue
		if want == "green" {
			to = green
		}
		_, err := r.s.ModifyListener(r.ctx, &elasticloadbalancingv2.ModifyListenerInput{
			ListenerArn:    listeners.Listeners[0].ListenerArn,
			DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &to}},
		})
		r.must(err)
		for range 10 {
			if got := r.get(http.DefaultClient, url); got != "200 "+want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	}
	_, err = r.s.CreateRule(r.ctx, &elasticloadbalancingv2.CreateRuleInput{
		ListenerArn: listeners.Listeners[0].ListenerArn, Priority: aws.Int32(5),
		Conditions: []types.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/fixed"}}},
		Actions:    []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("418"), MessageBody: aws.String("tea")}}},
	})
	r.must(err)
	if got := r.get(http.DefaultClient, url+"fixed"); got != "418 tea" {
		t.Errorf("got %s", got)
	}
	r.deregister(green, greenPort)
	if got := r.get(http.DefaultClient, url); got[:3] != "503" {
		t.Errorf("an empty group answers %s", got)
	}
	r.traffic(green)
}

func (r *real) deregister(group string, port int) {
	r.t.Helper()
	_, err := r.s.DeregisterTargets(r.ctx, &elasticloadbalancingv2.DeregisterTargetsInput{
		TargetGroupArn: &group,
		Targets:        []types.TargetDescription{{Id: aws.String("127.0.0.1"), Port: aws.Int32(int32(port))}},
	})
	r.must(err)
}

// traffic: what was sent is counted, and is a metric.
func (r *real) traffic(green string) {
	r.t.Helper()
	counted := func() (n uint64) {
		for _, t := range r.b.Totals() {
			if t.Group == green {
				n += t.Target2xx
			}
		}
		return n
	}
	await(r.t, "20 requests in Totals", func() bool { return counted() == 20 })
	await(r.t, "20 requests in the metric", func() bool {
		sum := 0.0
		for _, d := range r.metrics.Query(metric.Metric{
			Scope: scope(r.ctx), Namespace: "AWS/ApplicationELB", Name: "HTTPCode_Target_2XX_Count",
			Dimensions: metric.Dims("TargetGroup", elb.GroupDimension(green), "LoadBalancer", r.b.Totals()[0].LB),
		}, time.Now().Add(-2*time.Minute), time.Now().Add(time.Minute), 60) {
			sum += d.Sum
		}
		return sum == 20
	})
}

func TestRealHTTPS(t *testing.T) {
	r := newReal(t)
	port, _ := r.app("blue")
	blue := r.group("blue", port)
	created, err := r.s.CreateLoadBalancer(r.ctx, &elasticloadbalancingv2.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{"subnet-1"}})
	r.must(err)
	lb := created.LoadBalancers[0]
	requested, err := r.acm.RequestCertificate(r.ctx, &acmapi.RequestCertificateInput{DomainName: lb.DNSName, KeyAlgorithm: acmtypes.KeyAlgorithmEcPrime256v1})
	r.must(err)
	_, err = r.s.CreateListener(r.ctx, &elasticloadbalancingv2.CreateListenerInput{
		LoadBalancerArn: lb.LoadBalancerArn, Protocol: types.ProtocolEnumHttps, Port: aws.Int32(8443),
		Certificates: []types.Certificate{{CertificateArn: requested.CertificateArn}}, DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &blue}},
	})
	r.must(err)
	pem, err := r.acm.GetCertificate(r.ctx, &acmapi.GetCertificateInput{CertificateArn: requested.CertificateArn})
	r.must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(*pem.CertificateChain))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	if got := r.get(client, "https://"+*lb.DNSName+":8443/"); got != "200 blue" {
		t.Errorf("got %s", got)
	}
}

// A port that is taken shows at the load balancer, and the others go on.
func TestRealPortInUse(t *testing.T) {
	r := newReal(t)
	created, err := r.s.CreateLoadBalancer(r.ctx, &elasticloadbalancingv2.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{"subnet-1"}})
	r.must(err)
	lb := created.LoadBalancers[0]
	taken, err := net.Listen("tcp", *lb.DNSName+":8081")
	r.must(err)
	defer taken.Close()
	for _, port := range []int32{8081, 8082} {
		_, err := r.s.CreateListener(r.ctx, &elasticloadbalancingv2.CreateListenerInput{
			LoadBalancerArn: lb.LoadBalancerArn, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(port),
			DefaultActions: []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200")}}},
		})
		r.must(err)
	}
	await(t, "word of the failure", func() bool { return r.b.Impaired(*lb.LoadBalancerArn) != "" })
	described, err := r.s.DescribeLoadBalancers(r.ctx, &elasticloadbalancingv2.DescribeLoadBalancersInput{})
	r.must(err)
	if state := described.LoadBalancers[0].State; state.Code != types.LoadBalancerStateEnumActiveImpaired || state.Reason == nil {
		t.Errorf("%+v", state)
	}
	if got := r.get(http.DefaultClient, "http://"+*lb.DNSName+":8082/"); got != "200 " {
		t.Errorf("got %s", got)
	}
}

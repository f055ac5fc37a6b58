package blackbox

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/test/harness"
)

func forward(groups ...types.TargetGroupTuple) []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: groups}}}
}

func tuple(group string, weight int32) types.TargetGroupTuple {
	return types.TargetGroupTuple{TargetGroupArn: &group, Weight: &weight}
}

// fetch sends one request on a connection of its own.
func fetch(t testing.TB, target string, change func(*http.Request)) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	c := &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body), resp.Header
}

// TestWeightsAndRules: two services behind one listener. Weights hold over many
// requests and change without a lost one; rules are tried by priority.
func TestWeightsAndRules(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	a := g.NewService(t, "weight-a", g.Guest(t, "va", ""), 1)
	b := g.NewServiceOf(t, harness.ServiceSpec{Name: "weight-b", Image: g.Guest(t, "vb", ""), Count: 1, Beside: a})
	for _, s := range []*harness.Service{a, b} {
		if code, body, _ := fetch(t, s.URL, nil); code != 200 || body != "v"+s.Name[len(s.Name)-1:] {
			t.Fatalf("%s answers %d %q", s.URL, code, body)
		}
	}
	load := harness.StartLoad(t, a.URL)
	for _, w := range []struct{ a, b int32 }{{90, 10}, {0, 1}, {1, 1}, {10, 90}} {
		if _, err := g.ELB().ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &a.Listener, DefaultActions: forward(tuple(a.TargetGroup, w.a), tuple(b.TargetGroup, w.b))}); err != nil {
			t.Fatal(err)
		}
		want, last := float64(w.b)/float64(w.a+w.b), 0.0
		for range 20 { // requests of the former weights may be among the first thousands
			a0, b0 := load.Seen("va"), load.Seen("vb")
			harness.Await(t, "1000 requests", func() bool { return load.Seen("va")+load.Seen("vb") > a0+b0+1000 })
			na, nb := load.Seen("va")-a0, load.Seen("vb")-b0
			if last = float64(nb)/float64(na+nb) - want; math.Abs(last) <= 0.05 {
				break
			}
		}
		if math.Abs(last) > 0.05 {
			t.Errorf("weights %d:%d: %.3f of requests went to b", w.a, w.b, last+want)
		}
	}
	load.StopAndExpectNoFailures(t)

	if _, err := g.ELB().ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &a.Listener, DefaultActions: forward(tuple(a.TargetGroup, 1))}); err != nil {
		t.Fatal(err)
	}
	rule := func(priority int32, actions []types.Action, conds ...types.RuleCondition) {
		t.Helper()
		if _, err := g.ELB().CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &a.Listener, Priority: &priority, Conditions: conds, Actions: actions}); err != nil {
			t.Fatal(err)
		}
	}
	path := func(p ...string) types.RuleCondition {
		return types.RuleCondition{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: p}}
	}
	toB := forward(tuple(b.TargetGroup, 1))
	rule(20, toB, path("/b/*"))
	rule(10, []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("418"), ContentType: aws.String("text/plain"), MessageBody: aws.String("teapot")}}}, path("/b/teapot"))
	rule(30, toB, types.RuleCondition{Field: aws.String("host-header"), HostHeaderConfig: &types.HostHeaderConditionConfig{Values: []string{"*.example.com"}}})
	rule(40, toB, types.RuleCondition{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String("X-Version"), Values: []string{"b*"}}})
	rule(50, toB, types.RuleCondition{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Key: aws.String("v"), Value: aws.String("b")}}}})
	rule(60, []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{StatusCode: types.RedirectActionStatusCodeEnumHttp301, Path: aws.String("/new/#{path}")}}}, path("/old"))
	harness.Await(t, "the last rule is served, and so are those before", func() bool {
		code, _, _ := fetch(t, a.URL+"old", nil)
		return code == http.StatusMovedPermanently
	})
	for _, c := range []struct {
		path   string
		change func(*http.Request)
		code   int
		body   string
	}{
		{"", nil, 200, "va"},
		{"b/x", nil, 200, "vb"},
		{"b/teapot", nil, 418, "teapot"},
		{"b", nil, 200, "va"},
		{"", func(r *http.Request) { r.Host = "www.EXAMPLE.com" }, 200, "vb"},
		{"", func(r *http.Request) { r.Header.Set("x-version", "b2") }, 200, "vb"},
		{"?v=b", nil, 200, "vb"},
		{"?v=c", nil, 200, "va"},
		{"old", nil, 301, ""},
	} {
		code, body, h := fetch(t, a.URL+c.path, c.change)
		if code != c.code || c.body != "" && body != c.body || code == 301 && !strings.HasSuffix(h.Get("Location"), "/new/old") {
			t.Errorf("/%s: %d %q %s, want %d %q", c.path, code, body, h.Get("Location"), c.code, c.body)
		}
	}
	_, body, _ := fetch(t, a.URL+"headers", nil)
	for _, h := range []string{"X-Forwarded-For: 127.", "X-Forwarded-Port: 80", "X-Forwarded-Proto: http", "X-Amzn-Trace-Id: Root=1-"} {
		if !strings.Contains(body, h) && !strings.HasPrefix(h, "X-Forwarded-For") || !strings.Contains(body, "X-Forwarded-For: ") {
			t.Errorf("the target does not get %q in\n%s", h, body)
		}
	}
}

// TestLongConnections: WebSocket, server-sent events and a long request go on
// to their end across a deployment, within the deregistration delay.
func TestLongConnections(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "long", Image: g.Guest(t, "v1", ""), Count: 1})
	if _, err := g.ELB().ModifyTargetGroupAttributes(context.Background(), &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &svc.TargetGroup, Attributes: []types.TargetGroupAttribute{
		{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("10")},
	}}); err != nil {
		t.Fatal(err)
	}
	load := harness.StartLoad(t, svc.URL)
	host := strings.TrimSuffix(strings.TrimPrefix(svc.URL, "http://"), "/")
	ws := websocket(t, host)
	type result struct {
		what, body string
		err        error
	}
	results := make(chan result, 2)
	for what, path := range map[string]string{"sse": "sse?n=20&every=200ms", "slow": "slow?for=4s"} {
		go func() {
			resp, err := http.Get(svc.URL + path)
			if err != nil {
				results <- result{what, "", err}
				return
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			results <- result{what, string(b), err}
		}()
	}
	ws("before")
	svc.Update(t, g.Guest(t, "v2", ""))
	harness.Await(t, "answers of v2", func() bool { return load.Seen("v2") > 0 })
	n := load.Seen("v1")
	harness.Await(t, "v1 draining", func() bool { m := load.Seen("v1"); done := m == n && load.Seen("v2") > 20; n = m; return done })
	ws("while draining")
	for range 2 {
		r := <-results
		if r.err != nil || r.what == "slow" && r.body != "v1" || r.what == "sse" && strings.Count(r.body, "data: ") != 20 {
			t.Errorf("%s: %q, %v", r.what, r.body, r.err)
		}
	}
	ws("still")
	if got := svc.Wait(t); got != successful {
		t.Error(got)
	}
	load.StopAndExpectNoFailures(t)
}

// websocket opens a connection through which every message comes back.
func websocket(t *testing.T, host string) (say func(string)) {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(host, "80"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host)
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("upgrade: %+v", resp)
	}
	return func(word string) {
		t.Helper()
		_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
		fmt.Fprintln(conn, word)
		if got, err := r.ReadString('\n'); err != nil || got != word+"\n" {
			t.Errorf("WebSocket: sent %q, got %q, %v", word, got, err)
		}
	}
}

// TestNoHealthyTarget: all unhealthy targets get traffic all the same; an empty
// group answers 503, a group that was never filled too.
func TestNoHealthyTarget(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "failopen", Image: g.Guest(t, "v1", ""), Count: 2, Create: func(in *ecs.CreateServiceInput) {
		in.HealthCheckGracePeriodSeconds = aws.Int32(600)
	}})
	load := harness.StartLoad(t, svc.URL)
	for _, x := range svc.Details(t) {
		resp, err := http.Get("http://" + harness.Detail(x, "privateIPv4Address") + ":8080/ill")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	harness.Await(t, "no healthy target", func() bool { return healthy(t, g, svc.TargetGroup) == 0 })
	n := load.Seen("v1")
	harness.Await(t, "answers of unhealthy targets", func() bool { return load.Seen("v1") > n+100 })
	load.StopAndExpectNoFailures(t)
	svc.Scale(t, 0)
	harness.Await(t, "503", func() bool { code, _, _ := fetch(t, svc.URL, nil); return code == http.StatusServiceUnavailable })
	svc.Scale(t, 1)
	harness.Await(t, "200", func() bool { code, _, _ := fetch(t, svc.URL, nil); return code == http.StatusOK })
}

// TestHTTPS: a certificate that was imported with ACM, HTTP/1.1 and HTTP/2.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	svc := g.NewService(t, "secure", g.Guest(t, "v1", ""), 1)
	cert, key, pool := selfSigned(t, "secure.example.com")
	imported, err := acm.NewFromConfig(g.Config()).ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: cert, PrivateKey: key})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = g.ELB().CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &svc.Balancer, Protocol: types.ProtocolEnumHttps, Port: aws.Int32(443), Certificates: []types.Certificate{{CertificateArn: imported.CertificateArn}},
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &svc.TargetGroup}},
	}); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimSuffix(strings.TrimPrefix(svc.URL, "http://"), "/")
	harness.Await(t, "the listener takes connections", func() bool {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, "443"))
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
	for _, h2 := range []bool{false, true} {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "secure.example.com"}, ForceAttemptHTTP2: h2, DisableKeepAlives: true}
		if !h2 {
			tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		}
		resp, err := (&http.Client{Transport: tr, Timeout: 2 * time.Minute}).Get("https://" + host + "/headers")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if (resp.ProtoMajor == 2) != h2 || resp.StatusCode != 200 || !strings.Contains(string(body), "X-Forwarded-Proto: https") {
			t.Errorf("%s %d\n%s", resp.Proto, resp.StatusCode, body)
		}
	}
}

func selfSigned(t *testing.T, name string) (cert, key []byte, pool *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), pool
}

// TestStickiness: a client stays with its task, and moves on when the task goes.
func TestStickiness(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewService(t, "sticky", g.Guest(t, "v1", ""), 3)
	if _, err := g.ELB().ModifyTargetGroupAttributes(context.Background(), &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &svc.TargetGroup, Attributes: []types.TargetGroupAttribute{
		{Key: aws.String("stickiness.enabled"), Value: aws.String("true")}, {Key: aws.String("stickiness.type"), Value: aws.String("lb_cookie")},
	}}); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Minute}
	who := func() string {
		resp, err := c.Get(svc.URL + "id")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
		return string(b)
	}
	u, _ := url.Parse(svc.URL)
	first, names := "", ""
	harness.Await(t, "cookies", func() bool {
		first, names = who(), ""
		for _, k := range jar.Cookies(u) {
			names += k.Name + " "
		}
		return strings.Contains(names, "AWSALB ")
	})
	if !strings.Contains(names, "AWSALBCORS ") && strings.Contains(svc.URL, "https") {
		t.Errorf("cookies %s", names)
	}
	for range 30 {
		if id := who(); id != first {
			t.Fatalf("moved from %s to %s", first, id)
		}
	}
	if _, err := g.ECS().StopTask(context.Background(), &ecs.StopTaskInput{Task: &first}); err != nil {
		t.Fatal(err)
	}
	harness.Await(t, "another task", func() bool { return who() != first })
	second := who()
	for range 30 {
		if id := who(); id != second {
			t.Fatalf("moved from %s to %s", second, id)
		}
	}
}

// TestTaskReachesLoadBalancer: a task calls another service by its DNSName.
func TestTaskReachesLoadBalancer(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewService(t, "backend", g.Guest(t, "v1", ""), 1)
	task := g.RunTask(t, harness.TaskSpec{Family: "frontend", Containers: boxes(server("app", g.Guest(t, "v1", ""), "8080"))})
	if got := ask(t, up(t, task, "8080"), "get", svc.URL); got != "v1" {
		t.Errorf("GET %s from a task: %q", svc.URL, got)
	}
}

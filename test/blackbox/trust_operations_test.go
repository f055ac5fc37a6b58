package blackbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/grue-ecs/grue/internal/api/ec2"
	"github.com/grue-ecs/grue/test/harness"
)

// face is one AWS service as a hostile client sees it: every operation that the
// SDK knows, in the service's protocol.
type face struct {
	name    string // signing name
	target  string // of X-Amz-Target; "" = query
	version string // of the query protocol
	lower   bool   // JSON members begin with a small letter
	client  reflect.Type
}

var faces = []face{
	{name: "ecs", target: "AmazonEC2ContainerServiceV20141113", lower: true, client: reflect.TypeFor[*ecs.Client]()},
	{name: "ecr", target: "AmazonEC2ContainerRegistry_V20150921", lower: true, client: reflect.TypeFor[*ecr.Client]()},
	{name: "logs", target: "Logs_20140328", lower: true, client: reflect.TypeFor[*cloudwatchlogs.Client]()},
	{name: "ssm", target: "AmazonSSM", client: reflect.TypeFor[*ssm.Client]()},
	{name: "secretsmanager", target: "secretsmanager", client: reflect.TypeFor[*secretsmanager.Client]()},
	{name: "acm", target: "CertificateManager", client: reflect.TypeFor[*acm.Client]()},
	{name: "elasticloadbalancing", version: "2015-12-01", client: reflect.TypeFor[*elb.Client]()},
	{name: "iam", version: "2010-05-08", client: reflect.TypeFor[*iam.Client]()},
	{name: "sts", version: "2011-06-15", client: reflect.TypeFor[*sts.Client]()},
	{name: "ec2", version: "2016-11-15", client: reflect.TypeFor[*ec2.Service]()},
}

// TestNoOperationBreaks calls every operation of every service with an empty
// body, with garbage for each of its members, and with random documents of the
// right shape. An answer is never a 5xx, never late, and an error changes nothing.
func TestNoOperationBreaks(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	for _, f := range faces {
		t.Run(f.name, func(t *testing.T) {
			known := 0
			for i := range f.client.NumMethod() {
				m := f.client.Method(i)
				if m.Type.NumIn() < 3 || m.Type.In(2).Kind() != reflect.Pointer || !strings.HasSuffix(m.Type.In(2).Elem().Name(), "Input") {
					continue
				}
				if abuse(t, g, f, m.Name, m.Type.In(2).Elem()) {
					known++
				}
			}
			t.Logf("%d operations", known)
			if known == 0 {
				t.Error("no operation of the service is known to the server")
			}
		})
	}
}

// abuse tries one operation; it tells whether the server has it.
func abuse(t *testing.T, g *harness.Grue, f face, op string, in reflect.Type) bool {
	t.Helper()
	if status, body := f.send(t, g, op, map[string]any{}); status == 400 && unknownOperation(body) {
		return false
	}
	for _, member := range members(in) {
		for _, v := range garbage(member.Type) {
			f.send(t, g, op, map[string]any{f.spell(member.Name): v})
		}
	}
	random := rand.New(rand.NewPCG(1, uint64(len(op))))
	for range 30 {
		doc, _ := invent(random, f, in, 0).(map[string]any)
		f.send(t, g, op, doc)
	}
	return true
}

func unknownOperation(body string) bool {
	return strings.Contains(body, "UnknownOperation") || strings.Contains(body, "InvalidAction")
}

// send makes one call and judges the answer.
func (f face) send(t *testing.T, g *harness.Grue, op string, doc map[string]any) (int, string) {
	t.Helper()
	var body []byte
	header := http.Header{}
	if f.target != "" {
		body, _ = json.Marshal(doc)
		header.Set("X-Amz-Target", f.target+"."+op)
		header.Set("Content-Type", "application/x-amz-json-1.1")
	} else {
		form := url.Values{"Action": {op}, "Version": {f.version}}
		flatten(form, "", doc, f.name == "ec2")
		body = []byte(form.Encode())
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	before := walSize(g)
	began := time.Now()
	resp := signedCall(t, g, f.name, header, body)
	took := time.Since(began)
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	switch {
	case err != nil:
		t.Errorf("%s %s: %v", op, body, err)
	case resp.StatusCode >= 500:
		t.Errorf("%s answered %d\nto %s\n%s", op, resp.StatusCode, clip(body), text)
	case took > time.Minute:
		t.Errorf("%s took %v\nto %s", op, took, clip(body))
	case resp.StatusCode >= 400 && walSize(g) != before:
		t.Errorf("%s answered %d and wrote to the store\nto %s\n%s", op, resp.StatusCode, clip(body), text)
	}
	return resp.StatusCode, string(text)
}

func signedCall(t *testing.T, g *harness.Grue, service string, header http.Header, body []byte) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, g.URL()+"/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	sign(t, req, body, "test", "test", service, time.Now())
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	resp, err := http.DefaultClient.Do(req.WithContext(ctx))
	if err != nil {
		t.Fatalf("%s: %v", clip(body), err)
	}
	return resp
}

// walSize changes with every transaction of the server.
func walSize(g *harness.Grue) (n int64) {
	found, _ := filepath.Glob(filepath.Join(g.Data, "state*"))
	for _, name := range found {
		if info, err := os.Stat(name); err == nil && !info.IsDir() {
			n += info.Size() + info.ModTime().UnixNano()
		}
	}
	return n
}

func clip(b []byte) string { return string(b[:min(len(b), 2000)]) }

func (f face) spell(name string) string {
	if f.lower {
		return strings.ToLower(name[:1]) + name[1:]
	}
	return name
}

func members(in reflect.Type) (list []reflect.StructField) {
	for i := range in.NumField() {
		if m := in.Field(i); m.IsExported() && m.Name != "ResultMetadata" {
			list = append(list, m)
		}
	}
	return list
}

// garbage are values that a member of a type should refuse, or survive.
func garbage(typ reflect.Type) []any {
	long := strings.Repeat("x", 70_000)
	all := []any{nil, "", "\x00\x01", "../../../etc/passwd", "arn:aws:ecs", "arn:::::::::/", 1e300, -1, true, []any{}, []any{nil}, []any{map[string]any{}}, map[string]any{}, map[string]any{"": nil}, []any{"", "a/b/c"}}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch typ.Kind() {
	case reflect.String:
		all = append(all, long, "*", "%s%n", "💥", "a\nb", "$(id)")
	case reflect.Int32, reflect.Int64:
		all = append(all, 0, 1<<31-1, -1<<31, 1<<53, json.Number("9223372036854775808"), json.Number("0.5"), "12")
	case reflect.Slice:
		all = append(all, []any{"x", "x"}, make([]any, 2000), []any{[]any{[]any{}}}, []any{long})
	case reflect.Struct:
		all = append(all, json.Number("1e308"), json.Number("-1e308"), "2020-13-45T99:99:99Z")
	}
	return all
}

var words = []string{
	"", "default", "x", "web", "web:1", "arn:aws:ecs:us-east-1:000000000000:cluster/default", "arn:aws:ecs:us-east-1:000000000000:service/default/web",
	"arn:aws:iam::000000000000:role/x", "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/x/1234567890abcdef",
	"arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/x/1234567890abcdef", "HTTP", "80", "/", "/a/../b", "256", "awsvpc", "*", "{}", "{\"Version\":", "10.0.0.0/8", "subnet-0", "vpc-", "sg-1", "i-",
}

// invent makes a random document in the shape of a type.
func invent(r *rand.Rand, f face, typ reflect.Type, depth int) any {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch typ.Kind() {
	case reflect.Bool:
		return r.IntN(2) == 0
	case reflect.Int32, reflect.Int64:
		return []int64{0, 1, 2, 80, 100, 256, -1, 1<<31 - 1, -1 << 31}[r.IntN(9)]
	case reflect.Float32, reflect.Float64:
		return []float64{0, 1, -1, 0.5, 1e9}[r.IntN(5)]
	case reflect.String:
		if values := reflect.New(typ).Elem().MethodByName("Values"); values.IsValid() && r.IntN(8) > 0 {
			if all := values.Call(nil)[0]; all.Len() > 0 {
				return all.Index(r.IntN(all.Len())).String()
			}
		}
		return words[r.IntN(len(words))]
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			return "Z3J1ZQ=="
		}
		list := []any{}
		for n := r.IntN(3); len(list) < n && depth < 8; {
			list = append(list, invent(r, f, typ.Elem(), depth+1))
		}
		return list
	case reflect.Map:
		return map[string]any{words[r.IntN(len(words))]: invent(r, f, typ.Elem(), depth+1)}
	case reflect.Struct:
		if typ == reflect.TypeFor[time.Time]() {
			return r.Int64N(1 << 40)
		}
		doc := map[string]any{}
		for _, m := range members(typ) {
			if depth < 8 && r.IntN(3) > 0 {
				doc[f.spell(m.Name)] = invent(r, f, m.Type, depth+1)
			}
		}
		return doc
	}
	return nil
}

// flatten spells a document as a form: Name.member.1, and EC2's Name.1.
func flatten(form url.Values, at string, v any, ec2 bool) {
	join := func(name string) string {
		if at == "" {
			return name
		}
		return at + "." + name
	}
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			flatten(form, join(name), member, ec2)
		}
	case []any:
		for i, member := range v[:min(len(v), 300)] {
			name := strconv.Itoa(i + 1)
			if !ec2 {
				name = "member." + name
			}
			flatten(form, join(name), member, ec2)
		}
	case nil:
		form.Set(at, "")
	case float64:
		form.Set(at, strconv.FormatFloat(v, 'f', -1, 64))
	default:
		form.Set(at, fmt.Sprint(v))
	}
}

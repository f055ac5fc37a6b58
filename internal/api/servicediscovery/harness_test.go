package servicediscovery

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/intact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is Cloud Map behind the real front door.
type world struct {
	*testing.T
	st  *store.Store
	url string
	c   *sdk.Client
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{T: t}
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	svc := New(Options{Store: st, Instance: func(_ arn.Scope, id string) (string, bool) { return "10.1.2.3", id == "i-0123456789abcdef0" }})
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	r.Add(svc.Spec(), svc)
	h := httptest.NewServer(r)
	w.st, w.url = st, h.URL
	w.c = w.client("eu-west-1")
	t.Cleanup(func() { h.Close(); st.Close() })
	return w
}

// client reaches the front door whatever the host's name: the SDK puts "data-"
// before it for some operations.
func (w *world) client(region string) *sdk.Client {
	address := strings.TrimPrefix(w.url, "http://")
	tr := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	w.Cleanup(tr.CloseIdleConnections)
	return sdk.New(sdk.Options{
		Region: region, BaseEndpoint: &w.url, RetryMaxAttempts: 1, HTTPClient: intact.Client(tr),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// fails checks the code of an error and a part of its message.
func fails(t *testing.T, err error, code, part string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), part) {
		t.Errorf("error %v, want %s with %q", err, code, part)
	}
}

// target is what an operation made, once it is a success.
func (w *world) target(operation *string, kind string) string {
	w.Helper()
	out, err := w.c.GetOperation(w.Context(), &sdk.GetOperationInput{OperationId: operation})
	w.ok(err)
	if out.Operation.Status != types.OperationStatusSuccess {
		w.Fatalf("operation %+v", out.Operation)
	}
	return out.Operation.Targets[kind]
}

func (w *world) private(name string) string {
	w.Helper()
	out, err := w.c.CreatePrivateDnsNamespace(w.Context(), &sdk.CreatePrivateDnsNamespaceInput{Name: &name, Vpc: aws.String("vpc-0123456789abcdef0")})
	w.ok(err)
	return w.target(out.OperationId, "NAMESPACE")
}

func (w *world) http(name string) string {
	w.Helper()
	out, err := w.c.CreateHttpNamespace(w.Context(), &sdk.CreateHttpNamespaceInput{Name: &name})
	w.ok(err)
	return w.target(out.OperationId, "NAMESPACE")
}

// dns is a DnsConfig with records of 60 seconds.
func dns(policy types.RoutingPolicy, kinds ...types.RecordType) *types.DnsConfig {
	c := &types.DnsConfig{RoutingPolicy: policy, DnsRecords: []types.DnsRecord{}}
	for _, k := range kinds {
		c.DnsRecords = append(c.DnsRecords, types.DnsRecord{Type: k, TTL: aws.Int64(60)})
	}
	return c
}

var custom = &types.HealthCheckCustomConfig{FailureThreshold: aws.Int32(1)}

func (w *world) service(in *sdk.CreateServiceInput) *types.Service {
	w.Helper()
	out, err := w.c.CreateService(w.Context(), in)
	w.ok(err)
	return out.Service
}

func (w *world) register(service *types.Service, id string, attributes map[string]string) {
	w.Helper()
	out, err := w.c.RegisterInstance(w.Context(), &sdk.RegisterInstanceInput{ServiceId: service.Id, InstanceId: &id, Attributes: attributes})
	w.ok(err)
	if got := w.target(out.OperationId, "INSTANCE"); got != id {
		w.Errorf("instance %s, want %s", got, id)
	}
}

// table is what proxies get of the names.
func (w *world) table() *route.Table {
	t := &route.Table{}
	w.st.View(func(tx *store.Tx) { cloudmap.Names(tx, t) })
	return t
}

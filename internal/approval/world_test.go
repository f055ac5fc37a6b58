package approval

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	ssmsdk "github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/grue-ecs/grue/internal/api/ecs"
	"github.com/grue-ecs/grue/internal/api/ssm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

var (
	home = arn.Scope{Account: "000000000000", Region: "us-east-1"}
	noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	key  = []byte("0123456789abcdef0123456789abcdef")
)

// world is Approvals over Amazon ECS and SSM as grue has them, without an engine:
// the tests write what it would.
type world struct {
	testing.TB
	st  *store.Store
	a   *Approvals
	ecs *ecs.Service
	ssm *ssm.Service
	mux *http.ServeMux
	now time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	vault, err := secret.NewVault(st, filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, st: st, now: noon, mux: http.NewServeMux()}
	now := func() time.Time { return w.now }
	w.ecs = ecs.New(ecs.Options{Store: st, Now: now})
	w.ssm = ssm.New(ssm.Options{Vault: vault})
	w.a = New(Options{
		Store: st, Key: key, PublicURL: "https://grue.example/x", ECS: w.ecs, Now: now,
		PutParameter: func(ctx context.Context, tx *store.Tx, name, value string) error {
			_, err := w.ssm.Put(ctx, tx, &ssmsdk.PutParameterInput{Name: &name, Value: &value, Overwrite: aws.Bool(true)})
			return err
		},
	})
	w.a.Routes(w.mux, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(rw, r.WithContext(w.ctx()))
		})
	})
	return w
}

func (w *world) ctx() context.Context {
	ctx := wire.WithCaller(context.Background(), wire.Caller{Account: home.Account, Region: home.Region, ARN: "arn:aws:iam::000000000000:user/ann"})
	return wire.WithDecision(ctx, wire.Decision{From: "cli 127.0.0.1"})
}

// deployment puts a service whose deployment is in the given state; change may
// alter it.
func (w *world) deployment(name string, change func(*state.Deployment)) *state.Deployment {
	w.Helper()
	d := &state.Deployment{Scope: home, Cluster: "default", Service: name, ID: "dep-" + name, Created: noon}
	d.Machine = deploy.Deployment{
		ID: d.ID, Service: name, Strategy: deploy.Canary, Status: deploy.InProgress, Stage: deploy.PostTestShift,
		Target: "222", RollbackTo: "111", StartedAt: noon, CreatedAt: noon, UpdatedAt: noon,
		Config: deploy.Config{Hooks: []deploy.HookConfig{{Type: deploy.Pause, Minutes: 60, Stages: []deploy.Stage{deploy.PostTestShift}}}},
		Hooks: []deploy.Hook{{
			ID: "ecs-pause-" + name, Type: deploy.Pause, Stage: deploy.PostTestShift, Status: deploy.HookAwaitingAction, ExpiresAt: noon.Add(50 * time.Minute),
		}},
		Traffic: deploy.Traffic{
			Blue: "111", Production: []deploy.Share{{Rev: "111", Tenths: 1000}, {Rev: "222", Tenths: 0}},
			Test: []deploy.Share{{Rev: "222", Tenths: 1000}},
		},
	}
	if change != nil {
		change(d)
	}
	svc := &state.Service{Scope: home, Cluster: "default", Name: name, Status: "ACTIVE", Deployment: d.ID, Primary: "222", Live: "111"}
	w.update(func(tx *store.Tx) {
		state.Services.Put(tx, svc.Key(), svc)
		state.Deployments.Put(tx, d.Key(), d)
		for n, tag := range map[string]string{"111": "v1", "222": "v2<script>"} {
			r := &state.Revision{Scope: home, Cluster: "default", Service: name, N: n}
			r.Body.V = types.ServiceRevision{
				TaskDefinition:  aws.String("arn:aws:ecs:us-east-1:000000000000:task-definition/" + name + ":" + n[:1]),
				ContainerImages: []types.ContainerImage{{ContainerName: aws.String("app"), Image: aws.String("shop:" + tag), ImageDigest: aws.String("sha256:" + n)}},
			}
			state.Revisions.Put(tx, r.Key(), r)
		}
	})
	return d
}

func (w *world) update(fn func(tx *store.Tx)) {
	w.Helper()
	if err := w.st.Update(func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		w.Fatal(err)
	}
}

// stored is the deployment as it is now.
func (w *world) stored(d *state.Deployment) *state.Deployment {
	var out *state.Deployment
	w.st.View(func(tx *store.Tx) { out, _ = state.Deployments.Get(tx, d.Key()) })
	return out
}

// pending is the one approval that waits.
func (w *world) pending() *Pending {
	w.Helper()
	var list []Pending
	w.st.View(func(tx *store.Tx) { list = List(tx, home) })
	if len(list) != 1 {
		w.Fatalf("%d approvals are pending", len(list))
	}
	return &list[0]
}

// path is the path of a link on this server.
func path(link string) string { return strings.TrimPrefix(link, "https://grue.example/x") }

func (w *world) get(target string) (int, string) { return w.do("GET", target, "", "") }

func (w *world) form(target string, fields ...string) (int, string) {
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return w.do("POST", target, "application/x-www-form-urlencoded", v.Encode())
}

func (w *world) json(target string, doc any) (int, string) {
	body, _ := json.Marshal(doc)
	return w.do("POST", target, "application/json", string(body))
}

func (w *world) do(method, target, kind, body string) (int, string) {
	w.Helper()
	req := httptest.NewRequest(method, target, bytes.NewBufferString(body))
	req.RemoteAddr = "10.0.0.7:5555"
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	rw := httptest.NewRecorder()
	w.mux.ServeHTTP(rw, req)
	res := rw.Result()
	doc, _ := io.ReadAll(res.Body)
	if strings.HasPrefix(target, LinkPath) {
		if p := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'; style-src 'sha256-") || res.Header.Get("Cache-Control") != "no-store" {
			w.Errorf("headers %v", res.Header)
		}
	}
	return res.StatusCode, string(doc)
}

// decide is a call of the API that answers the PAUSE hook of d.
func (w *world) decide(d *state.Deployment) {
	w.Helper()
	if _, err := w.ecs.ContinueServiceDeployment(w.ctx(), &sdk.ContinueServiceDeploymentInput{
		ServiceDeploymentArn: aws.String(d.ARN()), HookId: &d.Machine.Hooks[0].ID,
	}); err != nil {
		w.Fatal(err)
	}
}

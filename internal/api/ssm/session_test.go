package ssm

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/console"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

func TestSessions(t *testing.T) {
	dir := t.TempDir()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	v, err := secret.NewVault(st, filepath.Join(dir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := console.New(console.Options{
		Store: st,
		Exec: func(ctx context.Context, _, _ string, _ []string, _ runtime.ExecIO) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		},
		State: func(console.Target) (string, bool) { return "", false },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sessions.Close()
	reg := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	s := New(Options{Vault: v, Sessions: sessions})
	reg.Add(s.Spec(), s)
	srv := httptest.NewServer(reg)
	defer srv.Close()
	c := ssm.New(ssm.Options{Region: "eu-west-1", BaseEndpoint: &srv.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})

	home := arn.Scope{Account: "000000000000", Region: "eu-west-1"}
	id, first, err := sessions.Start(console.Request{Target: console.Target{Scope: home, Task: "t", Container: "c"}, Command: []string{"sh"}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.ResumeSession(t.Context(), &ssm.ResumeSessionInput{SessionId: &id})
	if err != nil || aws.ToString(out.SessionId) != id || aws.ToString(out.TokenValue) == "" || *out.TokenValue == first ||
		!strings.HasPrefix(aws.ToString(out.StreamUrl), "ws"+strings.TrimPrefix(srv.URL, "http")+"/v1/data-channel/"+id) {
		t.Errorf("%+v, %v", out, err)
	}
	ended, err := c.TerminateSession(t.Context(), &ssm.TerminateSessionInput{SessionId: &id})
	if err != nil || aws.ToString(ended.SessionId) != id {
		t.Errorf("%+v, %v", ended, err)
	}
	for over := false; !over; { // it ends a moment later
		out, err := c.ResumeSession(t.Context(), &ssm.ResumeSessionInput{SessionId: &id})
		if err != nil {
			t.Fatalf("a session that is over: %v", err)
		}
		over = out.TokenValue == nil
	}
	_, err = c.ResumeSession(t.Context(), &ssm.ResumeSessionInput{SessionId: aws.String("nobody")})
	expect(t, err, "DoesNotExistException")
	_, err = c.ResumeSession(t.Context(), &ssm.ResumeSessionInput{SessionId: aws.String("")})
	expect(t, err, "ValidationException")
	_, err = c.TerminateSession(t.Context(), &ssm.TerminateSessionInput{SessionId: aws.String(strings.Repeat("x", 97))})
	expect(t, err, "ValidationException")
	if _, err := c.TerminateSession(t.Context(), &ssm.TerminateSessionInput{SessionId: aws.String("nobody")}); err != nil {
		t.Error(err)
	}
}

package sts

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// server is STS behind the real front door.
type server struct {
	t    *testing.T
	url  string
	now  time.Time
	keys *Keys
}

func start(t *testing.T, o Options) *server {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	s := &server{t: t, now: time.Now()}
	clock := func() time.Time { return s.now }
	s.keys = NewKeys(st, clock)
	o.Sessions, o.Now = s.keys, clock
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true, Authenticate: s.keys.Authenticate, Session: s.keys.Token})
	svc := New(o)
	r.Add(svc.Spec(), svc)
	h := httptest.NewServer(r)
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

func (s *server) client(key, secret, token string) *sts.Client {
	return sts.New(sts.Options{
		Region:           "eu-west-1",
		BaseEndpoint:     &s.url,
		Credentials:      credentials.NewStaticCredentialsProvider(key, secret, token),
		RetryMaxAttempts: 1,
	})
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("error %v, want the code %s", err, code)
	}
}

func TestGetCallerIdentity(t *testing.T) {
	s := start(t, Options{})
	out, err := s.client("test", "test", "").GetCallerIdentity(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *out.Account != "000000000000" || *out.Arn != "arn:aws:iam::000000000000:root" || *out.UserId != "000000000000" {
		t.Errorf("%s %s %s", *out.Account, *out.Arn, *out.UserId)
	}
	_, err = s.client("test", "wrong", "").GetCallerIdentity(context.Background(), nil)
	wantCode(t, err, "SignatureDoesNotMatch")
	_, err = s.client("AKIA0", "wrong", "").GetCallerIdentity(context.Background(), nil)
	wantCode(t, err, "InvalidClientTokenId")
}

func TestAssumedRoleAuthenticates(t *testing.T) {
	s := start(t, Options{})
	ctx := context.Background()
	out, err := s.client("test", "test", "").AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String("arn:aws:iam::123456789012:role/ci/deploy"),
		RoleSessionName: aws.String("run-7"),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	who, err := s.client(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken).GetCallerIdentity(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "arn:aws:sts::123456789012:assumed-role/deploy/run-7"; *who.Arn != want || *out.AssumedRoleUser.Arn != want {
		t.Errorf("ARN %s, want %s", *who.Arn, want)
	}
	if *who.Account != "123456789012" || *who.UserId != *out.AssumedRoleUser.AssumedRoleId {
		t.Errorf("account %s, user %s", *who.Account, *who.UserId)
	}

	_, err = s.client(*c.AccessKeyId, *c.SecretAccessKey, "").GetCallerIdentity(ctx, nil)
	wantCode(t, err, "InvalidClientTokenId")
	_, err = s.client(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken).GetSessionToken(ctx, nil)
	wantCode(t, err, "AccessDenied")

	info, err := s.client("test", "test", "").GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: c.AccessKeyId})
	if err != nil || *info.Account != "123456789012" {
		t.Errorf("GetAccessKeyInfo: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	s := start(t, Options{})
	s.now = time.Now().Add(-2 * time.Hour)
	out, err := s.client("test", "test", "").GetSessionToken(context.Background(), &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)})
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	_, err = s.client(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken).GetCallerIdentity(context.Background(), nil)
	wantCode(t, err, "ExpiredToken")
	s.now = time.Now()
	if err := s.keys.Save(newSession(s.now)); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.keys.Find(*c.AccessKeyId); ok {
		t.Error("an ended session is kept")
	}
}

func TestAssumeRoleRefuses(t *testing.T) {
	known := func(_, name string) (Role, bool) {
		return Role{ID: "AROAX", MaxSession: time.Hour}, name == "known"
	}
	s := start(t, Options{Role: known, RequireRole: true})
	role := func(name string) *string { return aws.String("arn:aws:iam::000000000000:role/" + name) }
	tests := []struct {
		name string
		in   sts.AssumeRoleInput
		code string
	}{
		{"no such role", sts.AssumeRoleInput{RoleArn: role("other"), RoleSessionName: aws.String("name")}, "AccessDenied"},
		{"no ARN", sts.AssumeRoleInput{RoleArn: aws.String("a role of mine, not an ARN"), RoleSessionName: aws.String("name")}, "ValidationError"},
		{"bad name", sts.AssumeRoleInput{RoleArn: role("known"), RoleSessionName: aws.String("a b")}, "ValidationError"},
		{"too short", sts.AssumeRoleInput{RoleArn: role("known"), RoleSessionName: aws.String("name"), DurationSeconds: aws.Int32(899)}, "ValidationError"},
		{"too long", sts.AssumeRoleInput{RoleArn: role("known"), RoleSessionName: aws.String("name"), DurationSeconds: aws.Int32(3601)}, "ValidationError"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.client("test", "test", "").AssumeRole(context.Background(), &tt.in)
			wantCode(t, err, tt.code)
		})
	}
}

func TestAssumeRoleWithWebIdentity(t *testing.T) {
	token := "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"https://token.example","sub":"repo:a/b","aud":["sts.amazonaws.com"],"exp":4102444800}`)) + ".c2ln"
	in := &sts.AssumeRoleWithWebIdentityInput{
		RoleArn:          aws.String("arn:aws:iam::000000000000:role/ci"),
		RoleSessionName:  aws.String("GitHubActions"),
		WebIdentityToken: &token,
	}
	s := start(t, Options{TrustLocalTokens: true})
	out, err := s.client("", "", "").AssumeRoleWithWebIdentity(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if *out.SubjectFromWebIdentityToken != "repo:a/b" || *out.Audience != "sts.amazonaws.com" {
		t.Errorf("subject %s, audience %s", *out.SubjectFromWebIdentityToken, *out.Audience)
	}

	s = start(t, Options{})
	_, err = s.client("", "", "").AssumeRoleWithWebIdentity(context.Background(), in)
	wantCode(t, err, "InvalidIdentityToken")
}

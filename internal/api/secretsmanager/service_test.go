package secretsmanager

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// world is the service behind the wire, with a clock to set.
type world struct {
	*sm.Client
	dir string
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), now: time.Now()}
	st, err := store.Open(filepath.Join(w.dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	v, err := secret.NewVault(st, filepath.Join(w.dir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	reg := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	s := New(Options{Vault: v, Now: func() time.Time { return w.now }})
	reg.Add(s.Spec(), s)
	srv := httptest.NewServer(reg)
	t.Cleanup(srv.Close)
	w.Client = sm.New(sm.Options{
		Region: "eu-west-1", BaseEndpoint: &srv.URL,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	return w
}

func expect(t *testing.T, err error, code string) {
	t.Helper()
	var e smithy.APIError
	got := ""
	if errors.As(err, &e) {
		got = e.ErrorCode()
	}
	if got != code || err != nil && code == "" {
		t.Fatalf("got %v, want %q", err, code)
	}
}

func TestLifeOfASecret(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	name := aws.String("db/main")
	made, err := w.CreateSecret(ctx, &sm.CreateSecretInput{Name: name, SecretString: aws.String("first-value"), Description: aws.String("d")})
	expect(t, err, "")
	if !strings.HasPrefix(*made.ARN, "arn:aws:secretsmanager:eu-west-1:000000000000:secret:db/main-") || made.VersionId == nil {
		t.Fatalf("%+v", made)
	}
	_, err = w.CreateSecret(ctx, &sm.CreateSecretInput{Name: name, SecretString: aws.String("x")})
	expect(t, err, "ResourceExistsException")

	put, err := w.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: made.ARN, SecretString: aws.String("second")})
	expect(t, err, "")
	read := func(in *sm.GetSecretValueInput, want string) {
		t.Helper()
		in.SecretId = name
		got, err := w.GetSecretValue(ctx, in)
		expect(t, err, "")
		if *got.SecretString != want {
			t.Fatalf("%q, want %q", *got.SecretString, want)
		}
	}
	read(&sm.GetSecretValueInput{}, "second")
	read(&sm.GetSecretValueInput{VersionStage: aws.String("AWSPREVIOUS")}, "first-value")
	read(&sm.GetSecretValueInput{VersionId: made.VersionId}, "first-value")
	_, err = w.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: name, VersionStage: aws.String("NONE")})
	expect(t, err, "ResourceNotFoundException")

	_, err = w.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{
		SecretId: name, VersionStage: aws.String("AWSCURRENT"), MoveToVersionId: made.VersionId, RemoveFromVersionId: put.VersionId,
	})
	expect(t, err, "")
	read(&sm.GetSecretValueInput{}, "first-value")
	read(&sm.GetSecretValueInput{VersionStage: aws.String("AWSPREVIOUS")}, "second")

	// The state file does not tell the value.
	state, err := filepath.Glob(filepath.Join(w.dir, "state.db*"))
	if err != nil || len(state) == 0 {
		t.Fatal("no state file")
	}
	for _, f := range state {
		if data, _ := os.ReadFile(f); bytes.Contains(data, []byte("first-value")) {
			t.Fatalf("%s holds the value in plain", f)
		}
	}

	_, err = w.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(7)})
	expect(t, err, "")
	_, err = w.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: name})
	expect(t, err, "InvalidRequestException")
	_, err = w.RestoreSecret(ctx, &sm.RestoreSecretInput{SecretId: name})
	expect(t, err, "")
	read(&sm.GetSecretValueInput{}, "first-value")
	_, err = w.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(7)})
	expect(t, err, "")
	w.now = w.now.Add(8 * 24 * time.Hour)
	_, err = w.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: name})
	expect(t, err, "ResourceNotFoundException")
	_, err = w.CreateSecret(ctx, &sm.CreateSecretInput{Name: name, SecretBinary: []byte{0, 1}})
	expect(t, err, "")
	_, err = w.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: name, ForceDeleteWithoutRecovery: aws.Bool(true)})
	expect(t, err, "")
}

func TestListAndTags(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	for _, n := range []string{"a/one", "a/two", "b/three"} {
		_, err := w.CreateSecret(ctx, &sm.CreateSecretInput{
			Name: aws.String(n), SecretString: aws.String(n), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String(n[:1])}},
		})
		expect(t, err, "")
	}
	list := func(in *sm.ListSecretsInput) (names []string) {
		t.Helper()
		pages := sm.NewListSecretsPaginator(w, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			expect(t, err, "")
			for _, x := range page.SecretList {
				names = append(names, *x.Name)
			}
		}
		return names
	}
	got := list(&sm.ListSecretsInput{MaxResults: aws.Int32(2), SortBy: types.SortByTypeName, SortOrder: types.SortOrderTypeAsc})
	if strings.Join(got, " ") != "a/one a/two b/three" {
		t.Fatalf("%q", got)
	}
	byTag := []types.Filter{{Key: types.FilterNameStringTypeTagValue, Values: []string{"b"}}}
	if got := list(&sm.ListSecretsInput{Filters: byTag}); len(got) != 1 || got[0] != "b/three" {
		t.Fatalf("%q", got)
	}
	batch, err := w.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{SecretIdList: []string{"a/one", "none"}})
	expect(t, err, "")
	if len(batch.SecretValues) != 1 || len(batch.Errors) != 1 || *batch.Errors[0].ErrorCode != "ResourceNotFoundException" {
		t.Fatalf("%+v", batch)
	}
	_, err = w.UntagResource(ctx, &sm.UntagResourceInput{SecretId: aws.String("a/one"), TagKeys: []string{"team"}})
	expect(t, err, "")
	d, err := w.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("a/one")})
	expect(t, err, "")
	if len(d.Tags) != 0 || len(d.VersionIdsToStages) != 1 {
		t.Fatalf("%+v", d)
	}
	p, err := w.GetResourcePolicy(ctx, &sm.GetResourcePolicyInput{SecretId: aws.String("a/one")})
	expect(t, err, "")
	if p.ResourcePolicy != nil {
		t.Fatalf("%+v", p)
	}
	word, err := w.GetRandomPassword(ctx, &sm.GetRandomPasswordInput{PasswordLength: aws.Int64(5), ExcludePunctuation: aws.Bool(true)})
	expect(t, err, "")
	if len(*word.RandomPassword) != 5 {
		t.Fatalf("%q", *word.RandomPassword)
	}
}

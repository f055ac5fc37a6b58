package iam

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/boto"
)

const (
	trust     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	grant     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["ssm:GetParameters"],"Resource":"*"}}`
	execution = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
)

// server is IAM behind the real front door.
type server struct {
	*testing.T
	svc *Service
	url string
}

func start(t *testing.T) *server {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	svc := New(Options{Store: st})
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true, Authenticate: svc.Authenticate})
	r.Add(svc.Spec(), svc)
	h := httptest.NewServer(r)
	t.Cleanup(h.Close)
	return &server{T: t, svc: svc, url: h.URL}
}

func (s *server) client(key, secret string) *iam.Client {
	return iam.New(iam.Options{
		Region:           "us-east-1",
		BaseEndpoint:     &s.url,
		Credentials:      credentials.NewStaticCredentialsProvider(key, secret, ""),
		RetryMaxAttempts: 1,
	})
}

func (s *server) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *server) fails(err error, code string) {
	s.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		s.Errorf("error %v, want the code %s", err, code)
	}
}

func TestRoleLifecycle(t *testing.T) {
	s := start(t)
	c, ctx, name := s.client("test", "test"), context.Background(), aws.String("Web-Task")
	create := &iam.CreateRoleInput{
		RoleName: name, Path: aws.String("/team/"), AssumeRolePolicyDocument: aws.String(trust),
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("")}},
	}
	made, err := c.CreateRole(ctx, create)
	s.ok(err)
	if *made.Role.Arn != "arn:aws:iam::000000000000:role/team/Web-Task" || *made.Role.MaxSessionDuration != 3600 {
		t.Errorf("created %s, %d", *made.Role.Arn, *made.Role.MaxSessionDuration)
	}
	_, err = c.CreateRole(ctx, create)
	s.fails(err, "EntityAlreadyExists")

	got, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("web-task")})
	s.ok(err)
	if doc, _ := url.QueryUnescape(*got.Role.AssumeRolePolicyDocument); doc != trust || len(got.Role.Tags) != 1 || *got.Role.Tags[0].Value != "" {
		t.Errorf("role %s, tags %v", doc, got.Role.Tags)
	}

	_, err = c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(grant)})
	s.ok(err)
	for range 2 { // attaching twice is one attachment
		_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(execution)})
		s.ok(err)
	}
	inline, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("p")})
	s.ok(err)
	if doc, _ := url.QueryUnescape(*inline.PolicyDocument); doc != grant {
		t.Errorf("inline policy %s", doc)
	}
	attached, err := c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name})
	s.ok(err)
	if len(attached.AttachedPolicies) != 1 || *attached.AttachedPolicies[0].PolicyName != "AmazonECSTaskExecutionRolePolicy" {
		t.Errorf("attached %v", attached.AttachedPolicies)
	}

	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	s.fails(err, "DeleteConflict")
	_, err = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String(execution)})
	s.ok(err)
	_, err = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String(execution)})
	s.fails(err, "NoSuchEntity")
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	s.fails(err, "DeleteConflict")
	_, err = c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("p")})
	s.ok(err)
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	s.ok(err)
	_, err = c.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	s.fails(err, "NoSuchEntity")
}

func TestRoleChanges(t *testing.T) {
	s := start(t)
	c, ctx, name := s.client("test", "test"), context.Background(), aws.String("r")
	_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)})
	s.ok(err)
	_, err = c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: aws.String("d"), MaxSessionDuration: aws.Int32(7200)})
	s.ok(err)
	_, err = c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(60)})
	s.fails(err, "ValidationError")
	_, err = c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(grant)})
	s.fails(err, "MalformedPolicyDocument")
	_, err = c.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}})
	s.ok(err)
	_, err = c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"a"}})
	s.ok(err)
	tags, err := c.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: name})
	s.ok(err)
	if len(tags.Tags) != 1 || *tags.Tags[0].Key != "b" {
		t.Errorf("tags %v", tags.Tags)
	}
	id, longest, ok := s.svc.Role("000000000000", "r")
	if !ok || id == "" || longest.Hours() != 2 {
		t.Errorf("role %s %v %v", id, longest, ok)
	}
}

func TestListRolesPages(t *testing.T) {
	s := start(t)
	c, ctx := s.client("test", "test"), context.Background()
	for _, name := range []string{"b", "C", "a"} {
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String(name), AssumeRolePolicyDocument: aws.String(trust)})
		s.ok(err)
	}
	var names string
	pages := iam.NewListRolesPaginator(c, &iam.ListRolesInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		p, err := pages.NextPage(ctx)
		s.ok(err)
		for _, r := range p.Roles {
			names += *r.RoleName
		}
	}
	if names != "abC" {
		t.Errorf("roles %s", names)
	}
}

func TestPolicyVersions(t *testing.T) {
	s := start(t)
	c, ctx := s.client("test", "test"), context.Background()
	made, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(grant)})
	s.ok(err)
	p := made.Policy.Arn
	_, err = c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(grant)})
	s.fails(err, "EntityAlreadyExists")
	for range 4 {
		_, err = c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p, PolicyDocument: aws.String(grant), SetAsDefault: true})
		s.ok(err)
	}
	_, err = c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p, PolicyDocument: aws.String(grant)})
	s.fails(err, "LimitExceeded")
	got, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: p})
	s.ok(err)
	if *got.Policy.DefaultVersionId != "v5" {
		t.Errorf("default %s", *got.Policy.DefaultVersionId)
	}
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: p})
	s.fails(err, "DeleteConflict")
	_, err = c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: p, VersionId: aws.String("v5")})
	s.fails(err, "DeleteConflict")
	list, err := c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: p})
	s.ok(err)
	for _, v := range list.Versions {
		if !v.IsDefaultVersion {
			_, err = c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: p, VersionId: v.VersionId})
			s.ok(err)
		}
	}
	_, err = c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: p, VersionId: aws.String("v1")})
	s.fails(err, "NoSuchEntity")
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: p})
	s.ok(err)
	_, err = c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: p})
	s.fails(err, "NoSuchEntity")
	_, err = c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(execution)})
	s.ok(err)
}

func TestMalformedDocuments(t *testing.T) {
	s := start(t)
	c, ctx := s.client("test", "test"), context.Background()
	for _, doc := range []string{
		"", "{", "[]", "null", `"text"`, `{"Version":"2012-10-17"}`, `{"Version":"1","Statement":[]}`, `{"Statement":["x"]}`,
		`{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}`,
	} {
		_, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(doc)})
		s.fails(err, "MalformedPolicyDocument")
	}
}

func TestUserKeysAuthenticate(t *testing.T) {
	s := start(t)
	c, ctx, name := s.client("test", "test"), context.Background(), aws.String("ci")
	_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	s.ok(err)
	made, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	s.ok(err)
	k := made.AccessKey
	mine := s.client(*k.AccessKeyId, *k.SecretAccessKey)
	me, err := mine.GetUser(ctx, nil)
	s.ok(err)
	if *me.User.UserName != "ci" {
		t.Errorf("user %s", *me.User.UserName)
	}
	_, err = c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: name, AccessKeyId: k.AccessKeyId, Status: types.StatusTypeInactive})
	s.ok(err)
	_, err = mine.GetUser(ctx, nil)
	s.fails(err, "InvalidClientTokenId")
	_, err = c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
	s.fails(err, "DeleteConflict")
	_, err = c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: k.AccessKeyId})
	s.ok(err)
	_, err = c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
	s.ok(err)
	_, err = c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{})
	s.fails(err, "ValidationError")
}

func TestInstanceProfiles(t *testing.T) {
	s := start(t)
	c, ctx, name := s.client("test", "test"), context.Background(), aws.String("n")
	_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)})
	s.ok(err)
	_, err = c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name})
	s.ok(err)
	_, err = c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name})
	s.ok(err)
	list, err := c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: name})
	s.ok(err)
	if len(list.InstanceProfiles) != 1 || len(list.InstanceProfiles[0].Roles) != 1 {
		t.Errorf("profiles %v", list.InstanceProfiles)
	}
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	s.fails(err, "DeleteConflict")
	_, err = c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
	s.fails(err, "DeleteConflict")
	_, err = c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: name})
	s.ok(err)
	_, err = c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
	s.ok(err)
}

func TestServiceLinkedRole(t *testing.T) {
	s := start(t)
	c, ctx := s.client("test", "test"), context.Background()
	made, err := c.CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("ecs.amazonaws.com")})
	s.ok(err)
	if want := "arn:aws:iam::000000000000:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"; *made.Role.Arn != want {
		t.Errorf("role %s, want %s", *made.Role.Arn, want)
	}
	_, err = c.CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("ecs.amazonaws.com")})
	s.fails(err, "InvalidInput")
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: made.Role.RoleName})
	s.fails(err, "UnmodifiableEntity")
	gone, err := c.DeleteServiceLinkedRole(ctx, &iam.DeleteServiceLinkedRoleInput{RoleName: made.Role.RoleName})
	s.ok(err)
	status, err := c.GetServiceLinkedRoleDeletionStatus(ctx, &iam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: gone.DeletionTaskId})
	s.ok(err)
	if status.Status != types.DeletionTaskStatusTypeSucceeded {
		t.Errorf("status %s", status.Status)
	}
}

// TestBoto3 runs testdata/flow.py.
func TestBoto3(t *testing.T) {
	python3 := boto.Python(t)
	s := start(t)
	cmd := exec.Command(python3, "testdata/flow.py", s.url)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=us-east-1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

package ssm

import (
	"context"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

func client(t *testing.T) (*ssm.Client, *store.Store) {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	v, err := secret.NewVault(st, filepath.Join(dir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	reg := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	s := New(Options{Vault: v})
	reg.Add(s.Spec(), s)
	srv := httptest.NewServer(reg)
	t.Cleanup(srv.Close)
	return ssm.New(ssm.Options{
		Region: "eu-west-1", BaseEndpoint: &srv.URL,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}), st
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

func TestPutRules(t *testing.T) {
	c, _ := client(t)
	long := strings.Repeat("x", 5000)
	deep := strings.Repeat("/a", 16)
	for name, tt := range map[string]struct {
		in   ssm.PutParameterInput
		code string
	}{
		"no type":         {ssm.PutParameterInput{Name: aws.String("a"), Value: aws.String("v")}, "ValidationException"},
		"half a path":     {ssm.PutParameterInput{Name: aws.String("a/b"), Value: aws.String("v"), Type: "String"}, "ValidationException"},
		"reserved":        {ssm.PutParameterInput{Name: aws.String("/AWS/b"), Value: aws.String("v"), Type: "String"}, "AccessDeniedException"},
		"ssm":             {ssm.PutParameterInput{Name: aws.String("ssmx"), Value: aws.String("v"), Type: "String"}, "ValidationException"},
		"too deep":        {ssm.PutParameterInput{Name: &deep, Value: aws.String("v"), Type: "String"}, "HierarchyLevelLimitExceededException"},
		"too large":       {ssm.PutParameterInput{Name: aws.String("a"), Value: &long, Type: "String"}, "ValidationException"},
		"large, advanced": {ssm.PutParameterInput{Name: aws.String("big"), Value: &long, Type: "String", Tier: "Advanced"}, ""},
		"pattern":         {ssm.PutParameterInput{Name: aws.String("a"), Value: aws.String("v"), Type: "String", AllowedPattern: aws.String(`\d+`)}, "ParameterPatternMismatchException"},
		"bad pattern":     {ssm.PutParameterInput{Name: aws.String("a"), Value: aws.String("v"), Type: "String", AllowedPattern: aws.String(`(`)}, "InvalidAllowedPatternException"},
		"bad type":        {ssm.PutParameterInput{Name: aws.String("a"), Value: aws.String("v"), Type: "Text"}, "ValidationException"},
		"bad data type":   {ssm.PutParameterInput{Name: aws.String("a"), Value: aws.String("v"), Type: "String", DataType: aws.String("x")}, "ValidationException"},
		"good":            {ssm.PutParameterInput{Name: aws.String("good"), Value: aws.String("v"), Type: "String"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.PutParameter(context.Background(), &tt.in)
			expect(t, err, tt.code)
		})
	}
}

func TestVersionsAndLabels(t *testing.T) {
	c, st := client(t)
	ctx := context.Background()
	name := aws.String("/app/key")
	put := func(value string, overwrite bool) error {
		_, err := c.PutParameter(ctx, &ssm.PutParameterInput{Name: name, Value: &value, Type: "SecureString", Overwrite: &overwrite})
		return err
	}
	expect(t, put("one", false), "")
	expect(t, put("two", false), "ParameterAlreadyExists")
	expect(t, put("two", true), "")
	_, err := c.PutParameter(ctx, &ssm.PutParameterInput{Name: name, Value: aws.String("x"), Type: "String", Overwrite: aws.Bool(true)})
	expect(t, err, "HierarchyTypeMismatchException")

	labelled, err := c.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: name, ParameterVersion: aws.Int64(1), Labels: []string{"blue", "1bad", "aws-bad"}})
	expect(t, err, "")
	if len(labelled.InvalidLabels) != 2 || labelled.ParameterVersion != 1 {
		t.Fatalf("%+v", labelled)
	}
	for selector, want := range map[string]string{"": "two", ":1": "one", ":blue": "one", ":2": "two"} {
		got, err := c.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(*name + selector), WithDecryption: aws.Bool(true)})
		expect(t, err, "")
		if *got.Parameter.Value != want || aws.ToString(got.Parameter.Selector) != selector {
			t.Errorf("%s: %+v", selector, got.Parameter)
		}
	}
	sealed, err := c.GetParameter(ctx, &ssm.GetParameterInput{Name: name})
	expect(t, err, "")
	if *sealed.Parameter.Value == "two" {
		t.Error("a SecureString was told without decryption")
	}
	_, err = c.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/key:9")})
	expect(t, err, "ParameterVersionNotFound")
	byARN, err := c.GetParameter(ctx, &ssm.GetParameterInput{Name: sealed.Parameter.ARN, WithDecryption: aws.Bool(true)})
	expect(t, err, "")
	if *byARN.Parameter.Value != "two" || *byARN.Parameter.ARN != "arn:aws:ssm:eu-west-1:000000000000:parameter/app/key" {
		t.Errorf("%+v", byARN.Parameter)
	}
	h, err := c.GetParameterHistory(ctx, &ssm.GetParameterHistoryInput{Name: name, WithDecryption: aws.Bool(true)})
	expect(t, err, "")
	if len(h.Parameters) != 2 || *h.Parameters[0].Value != "one" || h.Parameters[0].Labels[0] != "blue" {
		t.Errorf("%+v", h.Parameters)
	}
	// Version 1 has a label, so the hundred-and-first version is refused.
	for i := 3; i <= 100; i++ {
		expect(t, put(strconv.Itoa(i), true), "")
	}
	expect(t, put("101", true), "ParameterMaxVersionLimitExceeded")
	_, err = c.UnlabelParameterVersion(ctx, &ssm.UnlabelParameterVersionInput{Name: name, ParameterVersion: aws.Int64(1), Labels: []string{"blue"}})
	expect(t, err, "")
	expect(t, put("101", true), "")
	_, err = c.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: name})
	expect(t, err, "")
	_, err = c.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: name})
	expect(t, err, "ParameterNotFound")

	events, err := st.Events(0, 1000)
	if err != nil || len(events) == 0 {
		t.Fatalf("events: %d %v", len(events), err)
	}
	if e := events[len(events)-1]; e.DetailType != "Parameter Store Change" || !strings.Contains(string(e.Detail), `"operation":"Delete"`) {
		t.Errorf("last event: %+v", e)
	}
}

func TestPathsAndLists(t *testing.T) {
	c, _ := client(t)
	ctx := context.Background()
	for _, n := range []string{"/a/1", "/a/2", "/a/b/3", "/b/4", "root"} {
		_, err := c.PutParameter(ctx, &ssm.PutParameterInput{
			Name: aws.String(n), Value: aws.String("v"), Type: "String", Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String(n)}},
		})
		expect(t, err, "")
	}
	byPath := func(path string, recursive bool) (names []string) {
		pages := ssm.NewGetParametersByPathPaginator(c, &ssm.GetParametersByPathInput{Path: &path, Recursive: &recursive, MaxResults: aws.Int32(1)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			expect(t, err, "")
			for _, p := range page.Parameters {
				names = append(names, *p.Name)
			}
		}
		return names
	}
	if got := byPath("/a", false); strings.Join(got, " ") != "/a/1 /a/2" {
		t.Errorf("one level: %q", got)
	}
	if got := byPath("/a/", true); strings.Join(got, " ") != "/a/1 /a/2 /a/b/3" {
		t.Errorf("recursive: %q", got)
	}
	if got := byPath("/", true); len(got) != 5 {
		t.Errorf("all: %q", got)
	}
	describe := func(key, option string, values ...string) int {
		t.Helper()
		out, err := c.DescribeParameters(ctx, &ssm.DescribeParametersInput{
			ParameterFilters: []types.ParameterStringFilter{{Key: &key, Option: &option, Values: values}}, MaxResults: aws.Int32(50),
		})
		expect(t, err, "")
		return len(out.Parameters)
	}
	for _, tt := range []struct {
		want        int
		key, option string
		value       string
	}{
		{1, "Name", "Equals", "/a/1"},
		{3, "Name", "BeginsWith", "/a"},
		{1, "Name", "Contains", "oo"},
		{3, "Path", "Recursive", "/a"},
		{2, "Path", "OneLevel", "/a"},
		{5, "Type", "Equals", "String"},
		{1, "tag:k", "Equals", "/b/4"},
	} {
		if got := describe(tt.key, tt.option, tt.value); got != tt.want {
			t.Errorf("%s %s %s: %d, want %d", tt.key, tt.option, tt.value, got, tt.want)
		}
	}
	got, err := c.GetParameters(ctx, &ssm.GetParametersInput{Names: []string{"root", "/a/1", "none"}})
	expect(t, err, "")
	if len(got.Parameters) != 2 || *got.Parameters[0].Name != "/a/1" || len(got.InvalidParameters) != 1 {
		t.Errorf("%+v", got)
	}
	gone, err := c.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: []string{"root", "none"}})
	expect(t, err, "")
	if len(gone.DeletedParameters) != 1 || len(gone.InvalidParameters) != 1 {
		t.Errorf("%+v", gone)
	}
	tags, err := c.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: "Parameter", ResourceId: aws.String("/a/1")})
	expect(t, err, "")
	if len(tags.TagList) != 1 || *tags.TagList[0].Value != "/a/1" {
		t.Errorf("%+v", tags)
	}
}

package ecr

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// account is ECR behind the wire, the registry beside it, and a client.
type account struct {
	*ecr.Client
	t    *testing.T
	url  string
	host string
}

func newAccount(t *testing.T) *account {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	images, err := registry.New(registry.Options{Dir: filepath.Join(dir, "registry"), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	api := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	s := New(Options{Registry: images})
	api.Add(s.Spec(), s)
	mux := http.NewServeMux()
	mux.Handle("/v2/", images)
	mux.Handle("/", api)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return &account{
		Client: ecr.New(ecr.Options{
			Region: "us-east-1", BaseEndpoint: &srv.URL,
			Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		}),
		t: t, url: srv.URL, host: strings.TrimPrefix(srv.URL, "http://"),
	}
}

// want fails unless err has that code; "" means no error.
func (a *account) want(err error, code string) {
	a.t.Helper()
	var e smithy.APIError
	got := ""
	if errors.As(err, &e) {
		got = e.ErrorCode()
	}
	if got != code || err != nil && code == "" {
		a.t.Fatalf("got %v, want %q", err, code)
	}
}

func TestRepositories(t *testing.T) {
	a, ctx := newAccount(t), context.Background()
	created, err := a.CreateRepository(ctx, &ecr.CreateRepositoryInput{
		RepositoryName: aws.String("team/web"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	a.want(err, "")
	r := created.Repository
	if *r.RepositoryUri != "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/web" || *r.RepositoryArn != "arn:aws:ecr:us-east-1:000000000000:repository/team/web" {
		t.Errorf("%s %s", *r.RepositoryUri, *r.RepositoryArn)
	}
	_, err = a.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("team/web")})
	a.want(err, "RepositoryAlreadyExistsException")
	_, err = a.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("../x")})
	a.want(err, "InvalidParameterException")
	_, err = a.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("api")})
	a.want(err, "")
	page, err := a.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{MaxResults: aws.Int32(1)})
	a.want(err, "")
	if len(page.Repositories) != 1 || page.NextToken == nil {
		t.Errorf("page %+v", page)
	}
	page, err = a.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{MaxResults: aws.Int32(1), NextToken: page.NextToken})
	a.want(err, "")
	if len(page.Repositories) != 1 || *page.Repositories[0].RepositoryName != "team/web" || page.NextToken != nil {
		t.Errorf("page %+v", page)
	}
	_, err = a.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{"nope"}})
	a.want(err, "RepositoryNotFoundException")
	_, err = a.TagResource(ctx, &ecr.TagResourceInput{ResourceArn: r.RepositoryArn, Tags: []types.Tag{{Key: aws.String("c"), Value: aws.String("d")}}})
	a.want(err, "")
	_, err = a.UntagResource(ctx, &ecr.UntagResourceInput{ResourceArn: r.RepositoryArn, TagKeys: []string{"a"}})
	a.want(err, "")
	tags, err := a.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: r.RepositoryArn})
	a.want(err, "")
	if len(tags.Tags) != 1 || *tags.Tags[0].Key != "c" {
		t.Errorf("tags %+v", tags.Tags)
	}
	_, err = a.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: aws.String("api")})
	a.want(err, "")
	_, err = a.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: aws.String("api")})
	a.want(err, "RepositoryNotFoundException")
}

func TestPolicies(t *testing.T) {
	a, ctx, name := newAccount(t), context.Background(), aws.String("web")
	_, err := a.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: name})
	a.want(err, "")
	_, err = a.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: name})
	a.want(err, "LifecyclePolicyNotFoundException")
	_, err = a.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: name})
	a.want(err, "RepositoryPolicyNotFoundException")
	_, err = a.PutLifecyclePolicy(ctx, &ecr.PutLifecyclePolicyInput{RepositoryName: name, LifecyclePolicyText: aws.String(`{"rules":[{"rulePriority":1}]}`)})
	a.want(err, "InvalidParameterException")
	text := `{"rules":[{"rulePriority":1,"description":"keep ten","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":10},"action":{"type":"expire"}}]}`
	_, err = a.PutLifecyclePolicy(ctx, &ecr.PutLifecyclePolicyInput{RepositoryName: name, LifecyclePolicyText: &text})
	a.want(err, "")
	got, err := a.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: name})
	a.want(err, "")
	if *got.LifecyclePolicyText != text {
		t.Errorf("%s", *got.LifecyclePolicyText)
	}
	_, err = a.SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{RepositoryName: name, PolicyText: aws.String("no")})
	a.want(err, "InvalidParameterException")
	_, err = a.SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{RepositoryName: name, PolicyText: aws.String(`{"Version":"2012-10-17","Statement":[]}`)})
	a.want(err, "")
	_, err = a.DeleteRepositoryPolicy(ctx, &ecr.DeleteRepositoryPolicyInput{RepositoryName: name})
	a.want(err, "")
}

// TestImages pushes over the registry protocol with the token of ECR's API, and
// reads back through the API.
func TestImages(t *testing.T) {
	a, ctx, name := newAccount(t), context.Background(), aws.String("web")
	_, err := a.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: name, ImageTagMutability: types.ImageTagMutabilityImmutable})
	a.want(err, "")
	auth, err := a.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	a.want(err, "")
	token := auth.AuthorizationData[0]
	if *token.ProxyEndpoint != a.url || time.Until(*token.ExpiresAt) < 11*time.Hour {
		t.Errorf("%+v", token)
	}
	plain, err := base64.StdEncoding.DecodeString(*token.AuthorizationToken)
	if err != nil || strings.Count(string(plain), ":") != 1 {
		t.Fatalf("%q %v", plain, err)
	}
	login := crane.WithAuth(&authn.Basic{Username: "AWS", Password: strings.TrimPrefix(string(plain), "AWS:")})
	first, err := random.Image(2048, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := crane.Push(first, a.host+"/web:v1", login); err != nil {
		t.Fatal(err)
	}
	second, err := random.Image(2048, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := crane.Push(second, a.host+"/web:v1", login); err == nil || !strings.Contains(err.Error(), "The image tag 'v1' already exists in the 'web' repository and cannot be overwritten because the tag is immutable.") {
		t.Errorf("immutable tag: %v", err)
	}
	digest, _ := first.Digest()
	images, err := a.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: name, ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("v1")}}})
	a.want(err, "")
	d := images.ImageDetails[0]
	if *d.ImageDigest != digest.String() || d.ImageTags[0] != "v1" || *d.ImageSizeInBytes < 4096 {
		t.Errorf("%+v", d)
	}
	_, err = a.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: name, ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("v9")}}})
	a.want(err, "ImageNotFoundException")
	got, err := a.BatchGetImage(ctx, &ecr.BatchGetImageInput{RepositoryName: name, ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("v1")}, {ImageTag: aws.String("v9")}}})
	a.want(err, "")
	if len(got.Images) != 1 || len(got.Failures) != 1 || got.Failures[0].FailureCode != types.ImageFailureCodeImageNotFound {
		t.Fatalf("%+v", got)
	}
	manifest := got.Images[0].ImageManifest
	_, err = a.PutImage(ctx, &ecr.PutImageInput{RepositoryName: name, ImageManifest: manifest, ImageTag: aws.String("v1")})
	a.want(err, "ImageAlreadyExistsException")
	_, err = a.PutImage(ctx, &ecr.PutImageInput{RepositoryName: name, ImageManifest: manifest, ImageTag: aws.String("v2")})
	a.want(err, "")
	_, err = a.StartImageScan(ctx, &ecr.StartImageScanInput{RepositoryName: name, ImageId: &types.ImageIdentifier{ImageTag: aws.String("v2")}})
	a.want(err, "UnsupportedImageTypeException")
	_, err = a.DescribeImageScanFindings(ctx, &ecr.DescribeImageScanFindingsInput{RepositoryName: name, ImageId: &types.ImageIdentifier{ImageTag: aws.String("v2")}})
	a.want(err, "ScanNotFoundException")
	_, err = a.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: name})
	a.want(err, "RepositoryNotEmptyException")
	list, err := a.ListImages(ctx, &ecr.ListImagesInput{RepositoryName: name})
	a.want(err, "")
	if len(list.ImageIds) != 2 {
		t.Errorf("%+v", list.ImageIds)
	}
	gone, err := a.BatchDeleteImage(ctx, &ecr.BatchDeleteImageInput{RepositoryName: name, ImageIds: []types.ImageIdentifier{{ImageDigest: aws.String(digest.String())}}})
	a.want(err, "")
	if len(gone.ImageIds) != 2 || len(gone.Failures) != 0 {
		t.Errorf("%+v", gone)
	}
	_, err = a.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: name})
	a.want(err, "")
}

// TestLayerUpload builds an image with API calls alone.
func TestLayerUpload(t *testing.T) {
	a, ctx, name := newAccount(t), context.Background(), aws.String("web")
	_, err := a.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: name})
	a.want(err, "")
	upload := func(content []byte) string {
		t.Helper()
		sum := sha256.Sum256(content)
		digest := "sha256:" + hex.EncodeToString(sum[:])
		started, err := a.InitiateLayerUpload(ctx, &ecr.InitiateLayerUploadInput{RepositoryName: name})
		a.want(err, "")
		part := func(first, last int64) error {
			_, err := a.UploadLayerPart(ctx, &ecr.UploadLayerPartInput{
				RepositoryName: name, UploadId: started.UploadId, PartFirstByte: &first, PartLastByte: &last, LayerPartBlob: content[first : last+1],
			})
			return err
		}
		complete := func() error {
			_, err := a.CompleteLayerUpload(ctx, &ecr.CompleteLayerUploadInput{RepositoryName: name, UploadId: started.UploadId, LayerDigests: []string{digest}})
			return err
		}
		a.want(complete(), "EmptyUploadException")
		end := int64(len(content) - 1)
		a.want(part(0, end/2), "")
		err = part(end, end)
		a.want(err, "InvalidLayerPartException")
		var bad *types.InvalidLayerPartException
		if !errors.As(err, &bad) || *bad.LastValidByteReceived != end/2 {
			t.Errorf("%+v", bad)
		}
		a.want(complete(), "InvalidLayerException")
		a.want(part(end/2+1, end), "")
		a.want(complete(), "")
		return digest
	}
	config, layer := upload([]byte(`{"os":"linux"}`)), upload(bytes.Repeat([]byte("layer"), 100))
	check, err := a.BatchCheckLayerAvailability(ctx, &ecr.BatchCheckLayerAvailabilityInput{RepositoryName: name, LayerDigests: []string{layer, "sha256:x", config[:70] + "0"}})
	a.want(err, "")
	if len(check.Layers) != 2 || check.Layers[0].LayerAvailability != types.LayerAvailabilityAvailable || len(check.Failures) != 1 {
		t.Errorf("%+v", check)
	}
	manifest := `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"` + config + `","size":14},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"` + layer + `","size":500}]}`
	_, err = a.PutImage(ctx, &ecr.PutImageInput{RepositoryName: name, ImageManifest: aws.String(strings.Replace(manifest, layer, "sha256:"+strings.Repeat("0", 64), 1)), ImageTag: aws.String("v1")})
	a.want(err, "LayersNotFoundException")
	_, err = a.PutImage(ctx, &ecr.PutImageInput{RepositoryName: name, ImageManifest: &manifest, ImageTag: aws.String("v1")})
	a.want(err, "")
	url, err := a.GetDownloadUrlForLayer(ctx, &ecr.GetDownloadUrlForLayerInput{RepositoryName: name, LayerDigest: &layer})
	a.want(err, "")
	resp, err := http.Get(*url.DownloadUrl)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || len(body) != 500 {
		t.Errorf("%s %d bytes %v", resp.Status, len(body), err)
	}
}

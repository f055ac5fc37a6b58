package client

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Pushed is an image in a repository.
type Pushed struct {
	URI     string `json:"uri"` // with its tag, as a task definition names it
	Digest  string `json:"digest"`
	Created bool   `json:"repositoryCreated"`
}

// Push sends an image to the repository of the region that a reference such as
// "team/web:v1" names, and makes the repository if there is none. Without a tag
// it is latest. A reference with a registry's host is a UsageError: the
// repositories of one region have one.
func (c *Client) Push(ctx context.Context, ref string, img v1.Image) (Pushed, error) {
	repo, tag, err := repositoryOf(ref)
	if err != nil {
		return Pushed{}, err
	}
	registry := ecr.NewFromConfig(c.Config, func(o *ecr.Options) { o.BaseEndpoint = c.Config.BaseEndpoint })
	uri, created, err := repository(ctx, registry, repo)
	if err != nil {
		return Pushed{}, err
	}
	login, err := registryLogin(ctx, registry)
	if err != nil {
		return Pushed{}, err
	}
	target := uri + ":" + tag
	var opts []name.Option
	if c.Endpoint != "" { // the registry of grue is where its API is
		scheme, host, _ := strings.Cut(c.Endpoint, "://")
		target = host + "/" + repo + ":" + tag
		if scheme == "http" {
			opts = append(opts, name.Insecure)
		}
	}
	to, err := name.NewTag(target, opts...)
	if err != nil {
		return Pushed{}, UsageError(err.Error())
	}
	if err := remote.Write(to, img, remote.WithContext(ctx), remote.WithAuth(login), remote.WithTransport(trip{c.Config.HTTPClient})); err != nil {
		return Pushed{}, fmt.Errorf("push %s: %w", target, err)
	}
	digest, err := img.Digest()
	return Pushed{URI: uri + ":" + tag, Digest: digest.String(), Created: created}, err
}

// repositoryOf splits "team/web:v1".
func repositoryOf(ref string) (repo, tag string, err error) {
	parsed, err := name.NewTag(ref, name.WithDefaultRegistry("here"))
	if err != nil {
		return "", "", UsageError(err.Error())
	}
	if parsed.RegistryStr() != "here" {
		return "", "", UsageError(fmt.Sprintf("%s: leave out the host %s; images go to the registry of the endpoint", ref, parsed.RegistryStr()))
	}
	return parsed.RepositoryStr(), parsed.TagStr(), nil
}

// repository finds or makes a repository.
func repository(ctx context.Context, registry *ecr.Client, repo string) (uri string, created bool, err error) {
	made, err := registry.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: &repo})
	if err == nil {
		return aws.ToString(made.Repository.RepositoryUri), true, nil
	}
	var exists *types.RepositoryAlreadyExistsException
	if !errors.As(err, &exists) {
		return "", false, err
	}
	found, err := registry.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{repo}})
	if err != nil {
		return "", false, err
	}
	if len(found.Repositories) != 1 {
		return "", false, fmt.Errorf("DescribeRepositories answered %d repositories for %s", len(found.Repositories), repo)
	}
	return aws.ToString(found.Repositories[0].RepositoryUri), false, nil
}

// registryLogin is what the authorization token says.
func registryLogin(ctx context.Context, registry *ecr.Client) (authn.Authenticator, error) {
	out, err := registry.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return nil, err
	}
	if len(out.AuthorizationData) == 0 {
		return nil, errors.New("GetAuthorizationToken answered no token")
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.AuthorizationData[0].AuthorizationToken))
	user, password, ok := strings.Cut(string(text), ":")
	if err != nil || !ok {
		return nil, errors.New("GetAuthorizationToken: the token is not user:password")
	}
	return &authn.Basic{Username: user, Password: password}, nil
}

// trip makes a transport of the SDK's HTTP client, which trusts --ca-file.
type trip struct{ client aws.HTTPClient }

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t.client.Do(r) }

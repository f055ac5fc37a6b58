package change

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/grue-ecs/grue/internal/client"
)

// Digests finds out where tags point to. ECR's repositories, grue's among them, are
// asked through ECR's API with the credentials of the client; other registries with
// those of docker login.
type Digests struct {
	Client *client.Client
	known  map[string]answer
}

type answer struct {
	digest string
	err    error
}

// lookup bounds a question to a registry.
const lookup = 10 * time.Second

// Of is the digest that an image means now: "sha256:…". Each image is asked for
// once.
func (d *Digests) Of(ctx context.Context, image string) (string, error) {
	if a, ok := d.known[image]; ok {
		return a.digest, a.err
	}
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	digest, err := d.ask(ctx, image)
	if d.known == nil {
		d.known = map[string]answer{}
	}
	d.known[image] = answer{digest, err}
	return digest, err
}

func (d *Digests) ask(ctx context.Context, image string) (string, error) {
	ref, err := name.ParseReference(image, name.WeakValidation)
	if err != nil {
		return "", err
	}
	if pinned, ok := ref.(name.Digest); ok {
		return pinned.DigestStr(), nil
	}
	host := ref.Context().RegistryStr()
	if m := ecrHost.FindStringSubmatch(host); m != nil {
		return d.askECR(ctx, ref, &m[1], m[2])
	}
	if d.own(host) {
		return d.askECR(ctx, ref, nil, "")
	}
	desc, err := remote.Head(ref, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithUserAgent("grue"))
	if err == nil {
		return desc.Digest.String(), nil
	}
	full, err := remote.Get(ref, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithUserAgent("grue"))
	if err != nil {
		return "", err
	}
	return full.Digest.String(), nil
}

var ecrHost = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$`)

// own tells whether a registry is that of the grue which the client talks to.
func (d *Digests) own(host string) bool {
	u, err := url.Parse(d.Client.Endpoint)
	if err != nil || u.Host == "" {
		return false
	}
	_, port, err := net.SplitHostPort(host)
	return host == u.Host || err == nil && port == u.Port() && loopbackHost(host) && loopbackHost(u.Host)
}

func loopbackHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// askECR asks ECR's API. account nil and region "" are the caller's own.
func (d *Digests) askECR(ctx context.Context, ref name.Reference, account *string, region string) (string, error) {
	api := ecr.NewFromConfig(d.Client.Config, func(o *ecr.Options) {
		o.BaseEndpoint = d.Client.Config.BaseEndpoint
		if region != "" {
			o.Region = region
		}
	})
	out, err := api.DescribeImages(ctx, &ecr.DescribeImagesInput{
		RegistryId: account, RepositoryName: aws.String(ref.Context().RepositoryStr()),
		ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: aws.String(ref.Identifier())}},
	})
	if err != nil {
		return "", client.Explain(err)
	}
	if len(out.ImageDetails) == 0 {
		return "", fmt.Errorf("the repository %s has no tag %s", ref.Context().RepositoryStr(), ref.Identifier())
	}
	return aws.ToString(out.ImageDetails[0].ImageDigest), nil
}

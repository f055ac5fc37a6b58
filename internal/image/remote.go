package image

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/runtime"
)

// userAgent names grue to registries.
const userAgent = "grue"

// far reads from any other registry. Loopback addresses are spoken to in plain
// HTTP, which is go-containerregistry's rule.
type far struct {
	repo   name.Repository
	auth   remote.Option
	puller *remote.Puller // remembers the login
}

func newRemote(repo name.Repository, auth runtime.RegistryAuth) *far {
	f := &far{repo: repo, auth: remote.WithAuthFromKeychain(authn.DefaultKeychain)} // docker login
	if auth != (runtime.RegistryAuth{}) {
		f.auth = remote.WithAuth(&authn.Basic{Username: auth.Username, Password: auth.Password})
	}
	f.login()
	return f
}

// login forgets an earlier login, or the failure of one.
func (f *far) login() {
	puller, err := remote.NewPuller(
		f.auth, remote.WithUserAgent(userAgent), remote.WithTransport(outward),
		// Retries are ours: resolve counts them, resuming continues downloads.
		remote.WithRetryPredicate(func(error) bool { return false }),
		remote.WithRetryStatusCodes(http.StatusTooManyRequests),
	)
	if err != nil {
		panic(err) // only for options that exclude each other
	}
	f.puller = puller
}

func (f *far) resolve(ctx context.Context, tag string) (blob.Digest, error) {
	f.login()
	ref := f.repo.Tag(tag)
	// HEAD is what does not count against Docker Hub's limits; registries that
	// answer it badly are asked again with GET.
	desc, err := f.puller.Head(ctx, ref)
	if err == nil {
		return blob.Parse(desc.Digest.String())
	}
	if ctx.Err() != nil || cause(err) == CauseUnreachable {
		return "", err
	}
	full, err := f.puller.Get(ctx, ref)
	if err != nil {
		return "", err
	}
	return blob.Parse(full.Digest.String())
}

func (f *far) manifest(ctx context.Context, d blob.Digest) ([]byte, error) {
	desc, err := f.puller.Get(ctx, f.repo.Digest(string(d)))
	if err != nil {
		return nil, err
	}
	return desc.Manifest, nil
}

func (f *far) config(ctx context.Context, d blob.Digest) ([]byte, error) {
	body, err := f.layer(ctx, layer{Digest: d})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(blob.Limit(body, maxConfig))
}

func (f *far) layer(ctx context.Context, l layer) (io.ReadCloser, error) {
	remoteLayer, err := f.puller.Layer(ctx, f.repo.Digest(string(l.Digest)))
	if err != nil {
		return nil, err
	}
	body, err := remoteLayer.Compressed()
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", l.Digest, err)
	}
	return body, nil
}

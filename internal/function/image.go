package function

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/store"
)

// noContainers says why functions of package type Image cannot run.
const noContainers = "grue runs here without a container runtime that its functions can use: use PackageType Zip, or start grue with --runtime oci or docker."

// prepareWait bounds how long a request waits for an image to be fetched. A
// larger one is fetched behind it, and the first invocation waits for the rest.
const prepareWait = 20 * time.Second

// ResolveImage finds the digest that an image reference points to now and begins
// to fetch the image. A CodeError says to a person why it cannot be used.
func (f *Functions) ResolveImage(ctx context.Context, uri string) (digest string, err error) {
	if f.containers == nil {
		return "", CodeError(noContainers)
	}
	digest, err = f.containers.opts.Resolve(ctx, uri)
	if err == nil {
		_, err = hexDigest(digest)
	}
	if err == nil {
		err = f.prepareImage(ctx, uri, digest)
	}
	if err != nil && ctx.Err() == nil {
		return "", imageError(uri, err)
	}
	return digest, err
}

// prepareImage fetches an image; nil also when it is not done in time.
func (f *Functions) prepareImage(ctx context.Context, uri, digest string) error {
	prepare := f.containers.opts.Prepare
	if prepare == nil {
		return nil
	}
	if err := f.begin(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer f.wg.Done()
		done <- prepare(f.ctx, uri, digest)
	}()
	timer := time.NewTimer(prepareWait)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin counts work in that Close waits for.
func (f *Functions) begin() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	f.wg.Add(1)
	return nil
}

// imageError words why an image cannot be had: Lambda's sentences where it has
// one, with the reason of the pull where that says more.
func imageError(uri string, err error) error {
	var pull *image.PullError
	if !errors.As(err, &pull) {
		return err
	}
	switch pull.Cause {
	case image.CauseNotFound:
		return CodeError(fmt.Sprintf("Source image %s does not exist. Provide a valid source image.", uri))
	case image.CauseReference:
		return CodeError(fmt.Sprintf("Source image %s is not valid. Provide a valid source image.", uri))
	}
	reason := strings.TrimPrefix(pull.Error(), "CannotPullContainerError: ")
	return CodeError(fmt.Sprintf("Source image %s is not valid. Provide a valid source image: %s", uri, reason))
}

// hexDigest is what CodeSha256 shows of an image.
func hexDigest(digest string) (string, error) {
	sum := strings.TrimPrefix(digest, "sha256:")
	if b, err := hex.DecodeString(sum); err != nil || len(b) != 32 {
		return "", fmt.Errorf("image digest %q is not sha256", digest)
	}
	return sum, nil
}

// ResolvedImage is the image of a version by its digest.
func (v *Version) ResolvedImage() string {
	repo, _, _ := strings.Cut(v.ImageURI, "@")
	if i := strings.LastIndexByte(repo, ':'); i > strings.LastIndexByte(repo, '/') {
		repo = repo[:i]
	}
	return repo + "@" + v.Digest
}

// Images are the digests of the images that versions are made of: who cleans up
// images keeps these.
func (f *Functions) Images() map[string]bool {
	used := map[string]bool{}
	f.opts.Store.View(func(tx *store.Tx) {
		for _, v := range versions.All(tx) {
			if v.Image() {
				used[v.Digest] = true
			}
		}
	})
	return used
}

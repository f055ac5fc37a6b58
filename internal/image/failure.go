package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"syscall"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/image/unpack"
)

// PullError tells why an image cannot be had, in ECS's words and with a hint.
type PullError struct {
	Ref   string
	Cause Cause
	Err   error
	text  string
	hint  string
}

// Cause tells apart why a pull failed.
type Cause string

// Causes of a PullError.
const (
	CauseReference    Cause = "reference"    // no valid reference
	CauseNotFound     Cause = "not found"    // registry answers, image is not there
	CauseUnauthorized Cause = "unauthorized" // registry wants other credentials
	CauseUnreachable  Cause = "unreachable"  // no answer
	CauseRefused      Cause = "refused"      // broken or hostile content
	CausePlatform     Cause = "platform"     // nothing for this machine
	CauseDisk         Cause = "disk"         // this machine's disk
	CauseOther        Cause = "other"
)

// Error is the reason that ECS shows.
func (e *PullError) Error() string {
	text := "CannotPullContainerError: " + e.text
	if e.hint != "" {
		text += " (" + e.hint + ")"
	}
	return text
}

func (e *PullError) Unwrap() error { return e.Err }

// errNoPlatform: an index has no image for this machine.
var errNoPlatform = errors.New("no manifest for this platform")

// copyFailure words an error of fetching or unpacking the layers of p.
func (s *Store) copyFailure(p place, err error) error {
	switch c := cause(err); c {
	case CauseOther, CauseUnreachable, CauseNotFound:
		return &PullError{
			Ref: p.text, Cause: c, Err: err,
			text: fmt.Sprintf("ref pull has been retried %d time(s): failed to copy %s: %s", maxResumes, p.text, short(err)),
			hint: "the registry stopped in the middle of a layer: start the task again, and push the image again if it stays so",
		}
	}
	return s.failure(p, err)
}

// failure words an error of finding p, or one that needs no such context.
func (s *Store) failure(p place, err error) error {
	const retries = 1
	e := &PullError{Ref: p.text, Cause: cause(err), Err: err}
	e.text = fmt.Sprintf("pull image manifest has been retried %d time(s): failed to resolve ref %s: %s", retries, p.text, short(err))
	switch e.Cause {
	case CauseNotFound:
		e.text = fmt.Sprintf("pull image manifest has been retried %d time(s): failed to resolve ref %s: not found", retries, p.text)
		e.hint = "check the image's name and tag in the registry"
		if p.local {
			e.hint = s.localHint(p)
		}
	case CauseUnauthorized:
		e.text = fmt.Sprintf("pull image manifest has been retried %d time(s): failed to resolve ref %s: pull access denied, repository does not exist or may require authorization: authorization failed", retries, p.text)
		e.hint = "check the name, and set repositoryCredentials in the container definition"
	case CauseUnreachable:
		e.hint = "the registry cannot be reached from this machine: check its name, DNS, proxy and firewall"
	case CausePlatform:
		e.text = fmt.Sprintf("image Manifest does not contain descriptor matching platform '%s'", s.platform)
		e.hint = "build the image for this platform, for example with docker buildx build --platform " + s.platform.String()
	case CauseDisk:
		e.text = fmt.Sprintf("failed to register layer of %s: %s", p.text, short(err))
		e.hint = "free space on the disk of the data directory"
	case CauseRefused:
		e.text = fmt.Sprintf("failed to extract %s: %s", p.text, short(err))
		e.hint = "the image is damaged: build and push it again"
	}
	return e
}

// localHint says what the embedded registry lacks.
func (s *Store) localHint(p place) string {
	repo := p.repo.RepositoryStr()
	if _, ok := s.opts.Registry.Find(s.scope(p), repo); !ok {
		return fmt.Sprintf("grue's registry has no repository %q: push the image, for example with docker push 127.0.0.1:4566/%s", repo, repo)
	}
	return fmt.Sprintf("grue's registry has repository %q but not this image: push it, or see aws ecr list-images --repository-name %s", repo, repo)
}

func cause(err error) Cause {
	var problem *registry.Problem
	var api *transport.Error
	var netErr net.Error
	switch {
	case errors.Is(err, errNoPlatform):
		return CausePlatform
	case errors.Is(err, unpack.ErrRefused), errors.Is(err, blob.ErrMismatch), errors.Is(err, errManifest), errors.Is(err, remote.ErrSchema1):
		return CauseRefused
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EROFS):
		return CauseDisk
	case errors.As(err, &problem), errors.Is(err, fs.ErrNotExist):
		return CauseNotFound
	case errors.As(err, &api):
		return httpCause(api.StatusCode)
	case errors.As(err, &netErr), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errStalled):
		return CauseUnreachable
	}
	return CauseOther
}

func httpCause(status int) Cause {
	switch status {
	case http.StatusNotFound:
		return CauseNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return CauseUnauthorized
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return CauseUnreachable
	}
	return CauseOther
}

// short keeps a message well below the 1024 characters of a container's reason.
func short(err error) string {
	const limit = 500
	text := err.Error()
	if len(text) > limit {
		text = text[:limit] + "…"
	}
	return text
}

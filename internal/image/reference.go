package image

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/registry"
)

// place is a parsed image reference.
type place struct {
	text   string // as containerd and therefore ECS spell it: docker.io/library/nginx:latest
	repo   name.Repository
	tag    string      // "" when digest is set
	digest blob.Digest // from the reference or the service revision
	// local references mean the embedded registry.
	local bool
	scope arn.Scope // of a local reference; zero = the default one
}

// parse reads the image of a container definition. A digest that the service
// revision has pinned wins over the tag.
func (s *Store) parse(ref, digest string) (place, error) {
	parsed, err := name.ParseReference(ref, name.WeakValidation)
	if err != nil {
		return place{}, fmt.Errorf("invalid reference format: %w", err)
	}
	p := place{repo: parsed.Context()}
	if d, ok := parsed.(name.Digest); ok && digest == "" {
		digest = d.DigestStr()
	}
	if digest == "" {
		p.tag = parsed.Identifier()
	} else if p.digest, err = blob.Parse(digest); err != nil {
		return place{}, err
	}
	s.locate(&p)
	p.text = p.spell()
	return p, nil
}

// spell is how a reference stands in messages.
func (p *place) spell() string {
	host := p.repo.RegistryStr()
	if host == name.DefaultRegistry {
		host = "docker.io"
	}
	text := host + "/" + p.repo.RepositoryStr()
	if p.digest != "" {
		return text + "@" + string(p.digest)
	}
	return text + ":" + p.tag
}

// locate decides whether the embedded registry is meant.
func (s *Store) locate(p *place) {
	host := p.repo.RegistryStr()
	if s.opts.Registry == nil {
		return
	}
	if scope, ok := registry.ParseHost(host); ok {
		p.local, p.scope = true, scope
	} else if s.opts.LocalHosts(host) {
		p.local = true
	}
}

// ownHosts are the addresses of a server with default options.
func ownHosts(host string) bool {
	switch strings.ToLower(host) {
	case "127.0.0.1:4566", "localhost:4566", "[::1]:4566":
		return true
	}
	return false
}

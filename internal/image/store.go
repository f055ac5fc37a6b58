package image

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/image/unpack"
	"github.com/grue-ecs/grue/internal/runtime"
)

// Options of New.
type Options struct {
	Dir string // of manifests, configurations and unpacked layers
	// Registry is grue's own, nil when there is none.
	Registry *registry.Registry
	// LocalHosts tells whether the host:port of a reference means this server;
	// nil = 127.0.0.1:4566 and localhost:4566.
	LocalHosts func(host string) bool
	// Limits of one layer; the zero value has defaults.
	Limits unpack.Limits
	// Grace is for how long GC keeps what Prepare returned, whatever its caller
	// says: the task that it was for may not be recorded yet. 0 = 10 minutes.
	Grace time.Duration
	Log   *slog.Logger
}

// Store holds the images of this machine. All methods are safe for concurrent use.
type Store struct {
	opts     Options
	platform v1.Platform
	blobs    *blob.Dir
	flights  flights
	fetches  chan struct{} // a place for each layer being fetched

	mu   sync.Mutex
	used map[string]time.Time // image digest → last Prepare
	busy map[string]int       // diff ID → Prepares that need it
}

// Image is an image on this machine.
type Image struct {
	Ref    string
	Digest string   // what the tag points to, sha256:…
	Layers []string // unpacked directories, lowest first
	Config Config
}

// Config is what an image says about how to run it.
type Config struct {
	Env, Entrypoint, Cmd         []string
	User, WorkingDir, StopSignal string
	Volumes                      []string
	ExposedPorts                 []string
}

// maxFetches is how many layers are fetched at once.
const maxFetches = 6

// New opens the images below opts.Dir and removes what a crash left behind.
func New(opts Options) (*Store, error) {
	if opts.LocalHosts == nil {
		opts.LocalHosts = ownHosts
	}
	if opts.Grace == 0 {
		opts.Grace = 10 * time.Minute
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		opts: opts, platform: v1.Platform{OS: "linux", Architecture: goruntime.GOARCH},
		fetches: make(chan struct{}, maxFetches),
		used:    map[string]time.Time{}, busy: map[string]int{},
	}
	if goruntime.GOARCH == "arm" {
		s.platform.Variant = "v7"
	}
	if err := os.RemoveAll(s.tmp()); err != nil {
		return nil, err
	}
	for _, dir := range []string{opts.Dir, s.tmp(), s.layers(), s.records()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	var err error
	s.blobs, err = blob.Open(filepath.Join(opts.Dir, "blobs"))
	return s, err
}

func (s *Store) tmp() string     { return filepath.Join(s.opts.Dir, "tmp") }
func (s *Store) layers() string  { return filepath.Join(s.opts.Dir, "layers") }
func (s *Store) records() string { return filepath.Join(s.opts.Dir, "images") }

// layerDir is where a layer is, or will be, unpacked. The directory above is
// closed to other users, so that set-user-id files in it run in containers only.
func (s *Store) layerDir(diff blob.Digest) string { return filepath.Join(s.layers(), diff.Hex()) }

// scope is the account and region that a local reference means.
func (s *Store) scope(p place) arn.Scope {
	if p.scope == (arn.Scope{}) {
		return s.opts.Registry.Default()
	}
	return p.scope
}

// Resolve returns the digest that a reference points to now.
func (s *Store) Resolve(ctx context.Context, ref string, auth runtime.RegistryAuth) (string, error) {
	p, err := s.place(ref, "")
	if err != nil {
		return "", err
	}
	if p.digest == "" {
		p.digest, err = s.resolve(ctx, s.source(p, auth), p)
	}
	return string(p.digest), err
}

// place parses a reference, with an error as ECS words it.
func (s *Store) place(ref, digest string) (place, error) {
	p, err := s.parse(ref, digest)
	if err != nil {
		return p, &PullError{
			Ref: ref, Cause: CauseReference, Err: err,
			text: fmt.Sprintf("invalid reference format: %.200q", ref),
			hint: "an image is written [HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST]",
		}
	}
	return p, nil
}

// Prepare brings an image to this machine, with its layers unpacked. With a
// digest the tag is not consulted, and an image that is already here needs no
// registry.
func (s *Store) Prepare(ctx context.Context, ref, digest string, auth runtime.RegistryAuth) (Image, error) {
	p, err := s.place(ref, digest)
	if err != nil {
		return Image{}, err
	}
	src := s.source(p, auth)
	if p.digest == "" {
		if p.digest, err = s.resolve(ctx, src, p); err != nil {
			return Image{}, err
		}
	}
	faultResolved.Hit()
	rec, ok := s.claim(p.digest)
	if !ok {
		if rec, err = s.describe(ctx, src, p); err != nil {
			return Image{}, err
		}
		s.hold(rec)
	}
	defer s.release(rec)
	if err := s.fetchAll(ctx, src, p, rec); err != nil {
		if ctx.Err() != nil {
			return Image{}, context.Cause(ctx)
		}
		return Image{}, s.copyFailure(p, err)
	}
	if err := s.finish(rec); err != nil {
		return Image{}, s.copyFailure(p, err)
	}
	faultPrepared.Hit()
	return s.image(ref, rec), nil
}

// fetchAll makes every layer present.
func (s *Store) fetchAll(ctx context.Context, src source, p place, rec *record) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range rec.Layers {
		group.Go(func() error { return s.layer(ctx, src, p, rec.Layers[i]) })
	}
	return group.Wait()
}

func (s *Store) image(ref string, rec *record) Image {
	img := Image{Ref: ref, Digest: string(rec.Digest), Config: rec.Config}
	for _, l := range rec.Layers {
		img.Layers = append(img.Layers, s.layerDir(l.DiffID))
	}
	return img
}

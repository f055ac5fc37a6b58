package registry

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/store"
)

// Limits of Amazon ECR.
const (
	maxManifest = 4 << 20
	maxLayer    = 52_000 << 20
)

// Options of New.
type Options struct {
	Dir   string       // for blobs, uploads and the key of tokens
	Store *store.Store // for everything else

	// Default is the account and region of clients that name none; its zero
	// members mean 000000000000 and us-east-1.
	Default arn.Scope
	// LocalHosts tells whether a Host header, with or without port, means this
	// server. Loopback addresses and localhost always do.
	LocalHosts func(host string) bool
	// NoCreateOnPush refuses a push to a repository that does not exist, as
	// ECR does, also for clients on this machine.
	NoCreateOnPush bool
	// MaxLayer is the largest layer in bytes; 0 = ECR's 52,000 MiB.
	MaxLayer int64
	Now      func() time.Time
	Log      *slog.Logger
}

// Registry holds images. All methods are safe for concurrent use.
type Registry struct {
	opts    Options
	store   *store.Store
	blobs   *blob.Dir
	uploads *uploads
	key     []byte // of tokens

	// files is held for reading while a new record begins to refer to a blob,
	// and for writing while blobs without a record are removed.
	files sync.RWMutex
}

// New opens the registry below opts.Dir.
func New(opts Options) (*Registry, error) {
	opts.fill()
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, err
	}
	blobs, err := blob.Open(filepath.Join(opts.Dir, "blobs"))
	if err != nil {
		return nil, err
	}
	uploads, err := openUploads(filepath.Join(opts.Dir, "uploads"), blobs)
	if err != nil {
		return nil, err
	}
	key, err := loadKey(filepath.Join(opts.Dir, "token.key"))
	if err != nil {
		return nil, err
	}
	return &Registry{opts: opts, store: opts.Store, blobs: blobs, uploads: uploads, key: key}, nil
}

func (o *Options) fill() {
	if o.Default.Account == "" {
		o.Default.Account = "000000000000"
	}
	if o.Default.Region == "" {
		o.Default.Region = "us-east-1"
	}
	if o.LocalHosts == nil {
		o.LocalHosts = func(string) bool { return false }
	}
	if o.MaxLayer == 0 {
		o.MaxLayer = maxLayer
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// now is the time as records keep it.
func (r *Registry) now() time.Time { return r.opts.Now().UTC() }

// Default is the account and region of clients that name none.
func (r *Registry) Default() arn.Scope { return r.opts.Default }

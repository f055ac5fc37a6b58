package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

// prepareAll brings images and network, at the same time.
func (t *task) prepareAll() error {
	ctx, cancel := context.WithCancel(t.d.ctx)
	defer cancel()
	t.mu.Lock()
	t.prepare = cancel
	if t.stopped {
		cancel()
	}
	t.mu.Unlock()
	s := t.snapshot()
	var wg sync.WaitGroup
	var netErr error
	wg.Go(func() { netErr = t.connect(ctx, &s) })
	images, failed, pullErr := t.pullAll(ctx)
	wg.Wait()
	s.PullStopped = time.Now()
	s.Seq++
	for i := range s.Containers {
		c := &s.Containers[i]
		c.ImageDigest, c.Reason = images[c.Name].Digest, failed[c.Name]
	}
	t.mu.Lock()
	t.prepare = nil
	t.rec.Images, t.rec.Failed = images, failed
	t.rec.Prepared = pullErr == nil && netErr == nil
	t.mu.Unlock()
	t.set(s)
	if pullErr != nil {
		return pullErr
	}
	if netErr != nil {
		return errors.New(netErr.Error())
	}
	return nil
}

// pullAll prepares each image once. A failure is fatal only for an essential
// container; any other one fails alone, when its turn comes.
func (t *task) pullAll(ctx context.Context) (images map[string]ready, failed map[string]string, fatal error) {
	type key struct{ ref, digest string }
	type result struct {
		ready
		err error
	}
	results := map[key]*result{}
	var wg sync.WaitGroup
	for _, c := range t.spec().Containers {
		k := key{c.Image, c.Digest}
		if results[k] != nil {
			continue
		}
		r := &result{}
		results[k] = r
		wg.Go(func() { r.ready, r.err = t.d.image(ctx, c.Image, c.Digest, t.auth(c.Image)) })
	}
	wg.Wait()
	images, failed = map[string]ready{}, map[string]string{}
	for _, c := range t.spec().Containers {
		r := results[key{c.Image, c.Digest}]
		if r.err == nil {
			images[c.Name] = r.ready
			continue
		}
		failed[c.Name] = clip("CannotPullContainerError: " + strings.TrimPrefix(r.err.Error(), "CannotPullContainerError: "))
		if c.Essential && fatal == nil {
			fatal = errors.New(failed[c.Name])
		}
	}
	return images, failed, fatal
}

// auth finds the credentials for an image by the host in its name.
func (t *task) auth(ref string) runtime.RegistryAuth {
	host, _, _ := strings.Cut(ref, "/")
	if a, ok := t.spec().Auth[host]; ok {
		return a
	}
	return t.spec().Auth[""]
}

// image makes the Engine have an image. As with ECS's agent, an image that the
// Engine holds serves when the registry cannot be asked.
func (d *Driver) image(ctx context.Context, ref, digest string, auth runtime.RegistryAuth) (ready, error) {
	resolved := digest
	if resolved == "" {
		var err error
		if resolved, err = d.opts.Images.Resolve(ctx, ref, auth); err != nil {
			if info, ierr := d.engine.ImageInspect(ctx, ref); ierr == nil && !d.opts.Images.Local(ref) {
				d.opts.Log.Warn("registry not reached: the Engine's own copy of the image is used", "image", ref, "err", err)
				return ready{ref, info.ID}, nil
			}
			return ready{}, err
		}
	}
	if d.opts.Images.Local(ref) {
		name := d.localName(ref, resolved)
		return ready{name, resolved}, d.load(ctx, ref, resolved, name)
	}
	name, err := d.opts.Images.Canonical(ref, resolved)
	if err != nil {
		return ready{}, err
	}
	return ready{name, resolved}, d.pull(ctx, name, auth)
}

// localName is what an image of grue's registry is called in the Engine. It
// holds the digest, so that one that is there is the right one.
func (d *Driver) localName(ref, digest string) string {
	repo, _, _ := strings.Cut(ref, "@")
	base, _, _ := strings.Cut(path.Base(repo), ":")
	return d.opts.prefix() + "/" + strings.ToLower(base) + ":" + strings.TrimPrefix(digest, "sha256:")
}

// loads keeps two tasks from loading the same image at once, and remembers when
// an image was wanted last.
type loads struct {
	mu   sync.Mutex
	m    map[string]*sync.Mutex
	used map[string]time.Time
}

func (l *loads) of(name string) *sync.Mutex {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.m == nil {
		l.m, l.used = map[string]*sync.Mutex{}, map[string]time.Time{}
	}
	if l.m[name] == nil {
		l.m[name] = &sync.Mutex{}
	}
	l.used[name] = time.Now()
	return l.m[name]
}

// wanted tells whether an image was asked for since a moment.
func (l *loads) wanted(name string, since time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used[name].After(since)
}

// load hands an image of grue's registry to the Engine as an archive, which
// needs no registry address that the Engine trusts.
func (d *Driver) load(ctx context.Context, ref, digest, name string) error {
	mu := d.loads.of(name)
	mu.Lock()
	defer mu.Unlock()
	if _, err := d.engine.ImageInspect(ctx, name); err == nil {
		return nil
	}
	r, w := io.Pipe()
	var exporting sync.WaitGroup
	exporting.Go(func() { w.CloseWithError(d.opts.Images.Export(ctx, ref, digest, name, w)) })
	defer exporting.Wait()
	defer r.Close()
	answer, err := d.engine.ImageLoad(ctx, r, client.ImageLoadWithQuiet(true))
	if err == nil {
		_, err = io.Copy(io.Discard, answer)
		answer.Close()
	}
	if err == nil {
		_, err = d.engine.ImageInspect(ctx, name) // the answer may hide an error
	}
	if err != nil {
		return fmt.Errorf("failed to load %s into the Docker Engine: %w", ref, err)
	}
	return nil
}

// pull makes the Engine pull from another registry.
func (d *Driver) pull(ctx context.Context, name string, auth runtime.RegistryAuth) error {
	mu := d.loads.of(name)
	mu.Lock()
	defer mu.Unlock()
	if _, err := d.engine.ImageInspect(ctx, name); err == nil {
		return nil
	}
	var opts client.ImagePullOptions
	if auth != (runtime.RegistryAuth{}) {
		header, err := authconfig.Encode(registry.AuthConfig{Username: auth.Username, Password: auth.Password})
		if err != nil {
			return err
		}
		opts.RegistryAuth = header
	}
	answer, err := d.engine.ImagePull(ctx, name, opts)
	if err == nil {
		err = answer.Wait(ctx)
		answer.Close()
	}
	if err != nil {
		return fmt.Errorf("ref pull has been retried 0 time(s): failed to copy %s: %w", name, err)
	}
	return nil
}

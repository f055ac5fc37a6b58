package oci

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/bundle"
	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

// reason is an error whose text is already in ECS's words.
type reason struct{ text string }

func (r reason) Error() string { return r.text }

func reasonOf(err error) string {
	var r reason
	if errors.As(err, &r) {
		return clip(r.text)
	}
	return clip("ResourceInitializationError: " + hint(err).Error())
}

func clip(s string) string {
	if r := []rune(s); len(r) > 1024 {
		return string(r[:1024])
	}
	return s
}

// makePlan prepares images and network at the same time.
func (t *task) makePlan(ctx context.Context) (shim.Plan, error) {
	p := shim.Plan{
		Spec: t.spec, Images: map[string]bundle.Image{}, Failed: map[string]string{},
		Runtime: t.d.runtime, Cgroup: t.cgroup, PIDsLimit: max(t.d.opts.PIDsLimit, 0), Self: t.d.helper(),
		LogDir: t.logDir(), LogBytes: t.d.opts.LogBytes, LogFiles: t.d.opts.LogFiles,
		Shared: t.d.volumesDir(), Base: t.d.baseDir(), Boot: bootID(), Seccomp: t.d.seccomp(),
	}
	p.Spec.Auth = nil
	var wg sync.WaitGroup
	var netErr error
	st := t.snapshot()
	wg.Go(func() { netErr = t.connect(ctx, &p, &st) })
	pullErr := t.pullAll(ctx, &p)
	wg.Wait()
	st.PullStopped = time.Now()
	st.Seq++
	p.Status = st
	p.Status.Containers = slices.Clone(st.Containers) // watchers read the others
	for i := range p.Status.Containers {
		c := &p.Status.Containers[i]
		c.Reason = p.Failed[c.Name]
		c.ImageDigest = p.Images[c.Name].Digest
	}
	t.set(p.Status)
	if err := errors.Join(pullErr, netErr); err != nil {
		return p, err
	}
	var err error
	if p.Ports, err = t.d.ports.bind(&t.spec); err != nil {
		return p, reason{err.Error()}
	}
	if ctx.Err() != nil {
		return p, ctx.Err()
	}
	return p, nil
}

// connect gives the task its network, and who serves inside it the time to begin.
func (t *task) connect(ctx context.Context, p *shim.Plan, st *runtime.Status) error {
	p.Hostname, _ = os.Hostname()
	p.Servers = t.d.opts.DNS
	switch t.spec.NetworkMode {
	case runtime.ModeHost:
		return nil
	case runtime.ModeNone:
		p.Hostname = t.id[:min(12, len(t.id))]
		return nil
	}
	lease, err := t.d.opts.Network.AllocTask(t.id, t.spec.Zone)
	if err != nil {
		return fmt.Errorf("task network: %w", err)
	}
	p.Netns = lease.Netns
	p.Hostname = "ip-" + strings.ReplaceAll(lease.IP.String(), ".", "-")
	if len(p.Servers) == 0 {
		p.Servers = []string{t.d.opts.Network.Info().Gateway.String()}
	}
	st.IP, st.MAC, st.Gateway, st.Subnet = lease.IP.String(), lease.MAC, lease.Gateway.String(), lease.Subnet.String()
	st.NetNS = lease.Netns
	return t.d.opts.Joined.Tell(ctx, &t.spec, lease.Netns)
}

// pullAll prepares each image once. A failure is fatal only for an essential
// container; any other one fails alone, when its turn comes.
func (t *task) pullAll(ctx context.Context, p *shim.Plan) error {
	type key struct{ ref, digest string }
	type result struct {
		img Image
		err error
	}
	results := map[key]*result{}
	var wg sync.WaitGroup
	for _, c := range t.spec.Containers {
		k := key{c.Image, c.Digest}
		if results[k] != nil {
			continue
		}
		r := &result{}
		results[k] = r
		wg.Go(func() { r.img, r.err = t.d.opts.Images.Prepare(ctx, c.Image, c.Digest, t.auth(c.Image), nil) })
	}
	wg.Wait()
	var fatal error
	for _, c := range t.spec.Containers {
		r := results[key{c.Image, c.Digest}]
		if r.err == nil {
			p.Images[c.Name] = r.img
			continue
		}
		p.Failed[c.Name] = clip("CannotPullContainerError: " + strings.TrimPrefix(hint(r.err).Error(), "CannotPullContainerError: "))
		if c.Essential && fatal == nil {
			fatal = reason{p.Failed[c.Name]}
		}
	}
	return fatal
}

// auth finds the credentials for an image by the host in its name.
func (t *task) auth(ref string) runtime.RegistryAuth {
	host, _, _ := strings.Cut(ref, "/")
	if a, ok := t.spec.Auth[host]; ok {
		return a
	}
	return t.spec.Auth[""]
}

// bootID tells one run of the machine from another.
func bootID() string {
	data, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(data))
}

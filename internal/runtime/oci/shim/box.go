//go:build linux

package shim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/bundle"
	"github.com/grue-ecs/grue/internal/runtime/oci/cgroup"
	"github.com/grue-ecs/grue/internal/runtime/supervise"
)

// box is one container and where its things are.
type box struct {
	*runtime.Container
	id     string // for the OCI runtime, within the task
	dir    string // bundle, as the OCI runtime finds it
	fast   string // the same, as every thread of ours finds it
	disk   string // how the names of what it keeps on disk begin
	cgroup cgroup.Group
	image  bundle.Image
	output *output
	sig    syscall.Signal

	mu  sync.Mutex
	run *run // the latest
}

// run is one life of a container.
type run struct {
	pid  int
	ooms int // count before it began
	logs sync.WaitGroup
	done chan struct{} // closed once exit is set
	exit supervise.Exit
	tty  *os.File
	taps []*tap // its streams
}

// containers implements supervise.Containers with an OCI runtime.
type containers struct {
	dir     string
	bundles string // as the OCI runtime finds them
	fast    string // as every thread of ours does
	plan    Plan
	reaper  *reaper
	mounter *mounter
	boxes   map[string]*box
	shared  sharedNamespaces
	pauseMu sync.Mutex
	volumes map[string]string
	limits  cgroup.Limits
	cpuOnce sync.Once
}

var _ supervise.Containers = (*containers)(nil)

func newContainers(dir string, p Plan, h *host) (*containers, error) {
	c := &containers{
		dir: dir, bundles: h.bundles, fast: h.fast, plan: p, reaper: h.reaper, mounter: h.mounter, boxes: map[string]*box{},
		limits: cgroup.Limits{MemoryBytes: p.Spec.MemoryMiB << 20, CPUUnits: p.Spec.CPU},
	}
	for i := range p.Spec.Containers {
		def := p.Spec.Containers[i]
		if len(p.Spec.Containers) == 1 && def.MemoryMiB == 0 {
			def.MemoryMiB = p.Spec.MemoryMiB // one group has both limits
		}
		b := &box{
			Container: &def, id: "c" + strconv.Itoa(i), dir: filepath.Join(c.bundles, strconv.Itoa(i)),
			fast: filepath.Join(c.fast, strconv.Itoa(i)), disk: filepath.Join(dir, strconv.Itoa(i)),
			cgroup: p.Cgroup.Container(i, len(p.Spec.Containers)), image: p.Images[def.Name],
		}
		b.sig = stopSignal(b.image.Config.StopSignal)
		c.boxes[def.Name] = b
	}
	if err := os.MkdirAll(p.LogDir, 0o750); err != nil {
		return nil, err
	}
	return c, c.makeVolumes()
}

// RuntimeID of a container: the task's id and a number, as on Fargate.
func (c *containers) runtimeID(b *box) string {
	return c.plan.Spec.ID + "-" + strings.TrimPrefix(b.id, "c")
}

// Create mounts the root file system and writes the bundle.
func (c *containers) Create(_ context.Context, name string) (supervise.Created, error) {
	b := c.boxes[name]
	if why := c.plan.Failed[name]; why != "" {
		return supervise.Created{}, errors.New(why)
	}
	if err := c.create(b); err != nil {
		return supervise.Created{}, err
	}
	return supervise.Created{
		RuntimeID: c.runtimeID(b), ImageDigest: b.image.Digest,
		Ports: c.plan.Ports[name], LogFile: b.output.path,
	}, nil
}

func (c *containers) create(b *box) error {
	fail := func(err error) error { return fmt.Errorf("CannotCreateContainerError: %w", err) }
	if err := os.Mkdir(b.fast, 0o711); err != nil && !errors.Is(err, os.ErrExist) {
		return fail(err)
	}
	layers := append([]string{c.plan.Base}, b.image.Layers...)
	if err := c.mounter.do(func() error { return overlay(b.dir, b.disk, layers) }); err != nil {
		return fail(err)
	}
	out, err := newOutput(filepath.Join(c.plan.LogDir, b.Name+".jsonl"), c.plan.LogBytes, c.plan.LogFiles)
	if err != nil {
		return fail(err)
	}
	b.output = out
	shared, err := c.namespaces()
	if err != nil {
		return fail(err)
	}
	in, err := c.input(b, shared)
	if err != nil {
		return fail(err)
	}
	if err := c.fillVolumes(b, in.Place.Rootfs); err != nil {
		return fail(err)
	}
	return c.writeBundle(b, in)
}

// writeBundle looks whether the program can run, and writes config.json.
func (c *containers) writeBundle(b *box, in bundle.Input) error {
	fail := func(err error) error { return fmt.Errorf("CannotCreateContainerError: %w", err) }
	argv, env, cwd, err := bundle.Command(in)
	if err != nil {
		return fail(err)
	}
	program, err := bundle.CheckExecutable(in.Place.Rootfs, cwd, env, argv[0], mountPoints(b.Container))
	if err != nil {
		return fmt.Errorf("CannotStartContainerError: %w", err)
	}
	in.Is32 = program.Is32 || b.image.Config.Architecture == "386" || b.image.Config.Architecture == "arm"
	spec, err := bundle.Build(in)
	if err != nil {
		return fail(err)
	}
	spec.Root.Path = filepath.Join(b.dir, "rootfs")
	data, err := json.Marshal(spec)
	if err == nil {
		err = os.WriteFile(filepath.Join(b.fast, "config.json"), data, 0o600)
	}
	if err != nil {
		return fail(err)
	}
	return nil
}

// mountPoints are where a container's files may come from elsewhere than its
// image.
func mountPoints(c *runtime.Container) (out []string) {
	for _, m := range c.Mounts {
		out = append(out, path.Clean("/"+m.Path))
	}
	for _, t := range c.Linux.Tmpfs {
		out = append(out, path.Clean("/"+t.Path))
	}
	if len(c.VolumesFrom) > 0 {
		out = append(out, "") // anything may be mounted: nothing can be judged
	}
	return out
}

func (c *containers) input(b *box, shared sharedNamespaces) (bundle.Input, error) {
	place := bundle.Place{
		Rootfs: filepath.Join(b.fast, "rootfs"), Volumes: c.volumes, Cgroup: string(b.cgroup),
		PIDNs: shared.pid, IPCNs: shared.ipc, Shm: shared.shm, Netns: c.plan.Netns, Anonymous: map[string]string{},
	}
	if b.NoNetwork {
		place.Netns = ""
	}
	if b.Linux.Init {
		place.Init = c.plan.Self
	}
	if b.ReadOnlyRoot {
		for i, v := range b.image.Config.Volumes {
			place.Anonymous[path.Clean("/"+v)] = b.disk + ".volume-" + strconv.Itoa(i)
		}
	}
	hostname := b.Hostname
	if hostname == "" {
		hostname = c.plan.Hostname
	}
	err := c.nameFiles(b, &place, hostname)
	return bundle.Input{
		Spec: &c.plan.Spec, Container: b.Container, Image: b.image, Place: place, Hostname: hostname,
		NetworkHost: c.plan.Spec.NetworkMode == runtime.ModeHost && !b.NoNetwork,
		Seccomp:     c.plan.Seccomp, PIDsLimit: c.plan.PIDsLimit,
	}, err
}

// nameFiles writes /etc/hosts, /etc/resolv.conf and /etc/hostname.
func (c *containers) nameFiles(b *box, place *bundle.Place, hostname string) error {
	servers := b.DNS
	if len(servers) == 0 {
		servers = c.plan.Servers
	}
	var aliases []string
	for _, l := range b.Links { // "container" or "container:alias"
		name, alias, ok := strings.Cut(l, ":")
		aliases = append(aliases, name)
		if ok {
			aliases = append(aliases, alias)
		}
	}
	for name, text := range map[string]string{
		"hosts":       bundle.Hosts(c.plan.Status.IP, hostname, b.ExtraHosts, aliases),
		"resolv.conf": bundle.ResolvConf(servers, b.DNSSearch),
		"hostname":    hostname + "\n",
	} {
		if err := os.WriteFile(filepath.Join(b.fast, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	place.Hosts = filepath.Join(b.dir, "hosts")
	place.ResolvConf = filepath.Join(b.dir, "resolv.conf")
	place.HostnameFile = filepath.Join(b.dir, "hostname")
	return nil
}

// flushTime bounds the wait for one stream.
const flushTime = 10 * time.Second

func (c *containers) flush() {
	for _, b := range c.boxes {
		if r := b.latest(); r != nil {
			r.flush(flushTime)
		}
	}
}

// Wait blocks until the latest run has ended.
func (c *containers) Wait(ctx context.Context, name string) (supervise.Exit, error) {
	r := c.boxes[name].latest()
	if r == nil {
		return supervise.Exit{}, errors.New("the container has never run")
	}
	select {
	case <-r.done:
		return r.exit, nil
	case <-ctx.Done():
		return supervise.Exit{}, ctx.Err()
	}
}

// Stop sends the stop signal of the image. The kernel drops a signal to the
// first process of a PID namespace that has no handler for it. A container that
// is stopped while it still starts would lose it and only end by SIGKILL, so it
// gets the signal once it has a handler.
func (c *containers) Stop(_ context.Context, name string) error {
	b := c.boxes[name]
	r := b.latest()
	if r == nil || c.plan.Spec.PIDMode != "" || b.hears(r.pid) {
		return c.signal(name, b.sig)
	}
	go func() {
		for !b.hears(r.pid) {
			select {
			case <-r.done:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
		_ = c.reaper.kill(r.pid, b.sig)
	}()
	return nil
}

// hears tells whether a stop signal would reach the program: its first process
// has a handler, and our init process has started its child, which it does
// after it has one.
func (b *box) hears(pid int) bool {
	if b.Linux.Init {
		return hasChild(pid)
	}
	return b.sig == syscall.SIGKILL || b.sig == syscall.SIGSTOP || catches(pid, b.sig)
}

// hasChild tells whether any thread of a process has a child; a kernel that
// does not list children counts as yes.
func hasChild(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range threads {
		if data, err := os.ReadFile(t); err == nil && len(data) > 0 {
			return true
		}
	}
	return len(threads) == 0
}

// catches tells whether a process handles or ignores a signal.
func catches(pid int, sig syscall.Signal) bool {
	data, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for line := range strings.Lines(string(data)) {
		for _, key := range []string{"SigCgt:", "SigIgn:"} {
			v, ok := strings.CutPrefix(line, key)
			if !ok {
				continue
			}
			if n, err := strconv.ParseUint(strings.TrimSpace(v), 16, 64); err == nil && n&(1<<(sig-1)) != 0 {
				return true
			}
		}
	}
	return false
}

// Kill sends SIGKILL.
func (c *containers) Kill(_ context.Context, name string) error {
	return c.signal(name, syscall.SIGKILL)
}

func (c *containers) signal(name string, sig syscall.Signal) error {
	r := c.boxes[name].latest()
	if r == nil {
		return nil
	}
	if err := c.reaper.kill(r.pid, sig); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

func (b *box) latest() *run {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.run
}

// cleanup removes what the containers leave on the machine. The mounts go with
// the process.
func (c *containers) cleanup() error {
	c.shared.end(c.reaper)
	for _, b := range c.boxes {
		if b.output != nil {
			b.output.close()
		}
	}
	if err := c.plan.Cgroup.Kill(5 * time.Second); err != nil {
		return err
	}
	return c.plan.Cgroup.Remove(5 * time.Second)
}

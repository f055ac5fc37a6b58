package server

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	gort "runtime"
	"sync"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/network"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci"
)

// platform is what runs tasks and gives addresses on this machine.
type platform struct {
	driver    runtime.Driver
	network   *network.Network // nil with Docker
	addresses elb.Addresses
	cidr      netip.Prefix
	subnets   [network.Zones]netip.Prefix
	dns       []string     // where the tasks' resolver listens
	metadata  string       // host:port where tasks reach their metadata, if not at 169.254.170.2
	inside    string       // address of this machine in the tasks' network; "" = tasks cannot reach it
	name      string       // of this machine in the tasks' network, where inside is not it
	joined    *joining     // who is told of tasks' network namespaces
	kill      func() error // ends all tasks at once; after close
	closing   sync.Once
}

// chooseRuntime resolves "auto": the embedded runtime on Linux as root, Docker
// Engine everywhere else.
func chooseRuntime(name string) string {
	if name != "auto" && name != "" {
		return name
	}
	if gort.GOOS == "linux" && os.Geteuid() == 0 {
		return "oci"
	}
	return "docker"
}

func openPlatform(o Options, images *image.Store) (*platform, error) {
	switch name := chooseRuntime(o.Runtime); name {
	case "oci":
		return openOCI(o, images)
	case "docker":
		return openDocker(o, images)
	case "fake":
		return openFake(o)
	default:
		return nil, fmt.Errorf("unknown runtime %q; choose auto, oci or docker", name)
	}
}

func openOCI(o Options, images *image.Store) (*platform, error) {
	net, err := network.New(network.Options{Dir: filepath.Join(o.Data, "network"), Log: o.Log})
	if err != nil {
		return nil, err
	}
	dir, joined := filepath.Join(o.Data, "oci"), newJoining()
	d, err := oci.New(oci.Options{Dir: dir, Images: unpacked{images}, Network: net, Runtime: o.OCIRuntime, Self: o.Self, Joined: joined.tell, Log: o.Log})
	if err != nil {
		net.Close()
		return nil, err
	}
	info := net.Info()
	p := &platform{driver: d, joined: joined, network: net, addresses: net, cidr: info.CIDR, subnets: info.Subnets, dns: []string{info.Gateway.String() + ":53"}}
	p.inside = info.Gateway.String()
	p.kill = func() error { return oci.Kill(oci.Options{Dir: dir}) }
	return p, nil
}

func (p *platform) close() {
	p.closing.Do(func() {
		p.driver.Close()
		if p.network != nil {
			p.network.Close()
		}
	})
}

// unpacked shows the image store as the driver wants to see it.
type unpacked struct{ *image.Store }

func (u unpacked) Prepare(ctx context.Context, ref, digest string, auth runtime.RegistryAuth, _ func(done, total int64)) (oci.Image, error) {
	img, err := u.Store.Prepare(ctx, ref, digest, auth)
	if err != nil {
		return oci.Image{}, err
	}
	c := img.Config
	return oci.Image{Digest: img.Digest, Layers: img.Layers, Config: oci.Config{
		Env: c.Env, Entrypoint: c.Entrypoint, Cmd: c.Cmd, User: c.User, WorkingDir: c.WorkingDir,
		StopSignal: c.StopSignal, Volumes: c.Volumes,
	}}, nil
}

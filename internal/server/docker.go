package server

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	gort "runtime"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/network"
	"github.com/grue-ecs/grue/internal/runtime/docker"
)

// metadataPort is where tasks of a Docker Engine reach their metadata, on the
// gateway of grue's network: the port of the ECS agent's own introspection.
const metadataPort = "51679"

// openDocker runs tasks on a Docker Engine. Load balancers get addresses of
// 127.0.0.0/8, which the machine reaches and tasks do not.
func openDocker(o Options, images *image.Store) (*platform, error) {
	dir := filepath.Join(o.Data, "docker")
	joined := newJoining()
	opts := docker.Options{Dir: dir, Images: images, Joined: joined.tell, Publish: gort.GOOS != "linux", Resolve: resolves(), Log: o.Log}
	d, err := docker.New(opts)
	if err != nil {
		return nil, err
	}
	lb, err := openLoopback(dir)
	if err != nil {
		d.Close()
		return nil, err
	}
	p := &platform{driver: d, joined: joined, addresses: lb, kill: func() error { return docker.Kill(opts) }}
	p.cidr, p.subnets = split(d.Subnet())
	if gort.GOOS == "linux" && d.Gateway() != "" {
		p.metadata = net.JoinHostPort(d.Gateway(), metadataPort)
		p.inside = d.Gateway()
	}
	if r := d.Resolver(); r != "" {
		p.dns = []string{net.JoinHostPort(r, "53")}
	}
	if gort.GOOS != "linux" { // the Engine runs in a virtual machine, which forwards this name
		p.inside, p.name = "127.0.0.1", "host.docker.internal"
	}
	return p, nil
}

// resolves tells whether the proxy may answer the tasks' DNS questions: port 53
// needs root.
func resolves() bool { return gort.GOOS == "linux" && os.Geteuid() == 0 }

// split shows a network of Docker's as a VPC with three subnets: its first three
// sixteenths. All tasks get addresses of the whole; a network too small to split
// is shown with AWS's defaults.
func split(subnet string) (cidr netip.Prefix, subnets [network.Zones]netip.Prefix) {
	cidr, err := netip.ParsePrefix(subnet)
	if err != nil || !cidr.Addr().Is4() || cidr.Bits() > 24 {
		return netip.Prefix{}, subnets
	}
	base := cidr.Masked().Addr().As4()
	size := uint32(1) << (32 - cidr.Bits() - 4)
	first := uint32(base[0])<<24 | uint32(base[1])<<16 | uint32(base[2])<<8 | uint32(base[3])
	for i := range subnets {
		n := first + uint32(i)*size
		addr := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		subnets[i] = netip.PrefixFrom(addr, cidr.Bits()+4)
	}
	return cidr, subnets
}

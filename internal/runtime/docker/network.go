package docker

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	netapi "github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

// network is the Engine's network for the tasks of a data directory.
type network struct {
	name, id        string
	subnet, gateway string
	resolver        string // see Resolver
}

// Subnet is the address range of the tasks' network.
func (d *Driver) Subnet() string { return d.network.subnet }

// Gateway is the machine's address in the tasks' network.
func (d *Driver) Gateway() string { return d.network.gateway }

// Resolver is where tasks that name no servers ask for names: the gateway, if
// that is an address of this machine; "" = wherever the Engine leads them.
func (d *Driver) Resolver() string { return d.network.resolver }

// ownAddress tells whether an address is one of this machine.
func ownAddress(ip string) bool {
	own, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(own, func(a net.Addr) bool { n, ok := a.(*net.IPNet); return ok && n.IP.String() == ip })
}

func (d *Driver) openNetwork(ctx context.Context) error {
	name := d.opts.prefix()
	found, err := d.engine.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
	if gone(err) {
		_, err = d.engine.NetworkCreate(ctx, name, client.NetworkCreateOptions{
			Driver: "bridge", Labels: map[string]string{labelData: d.opts.Dir},
		})
		if err != nil && !taken(err) {
			return err
		}
		found, err = d.engine.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
	}
	if err != nil {
		return err
	}
	d.network = network{name: name, id: found.Network.ID}
	for _, c := range found.Network.IPAM.Config {
		if c.Subnet.Addr().Is4() {
			d.network.subnet, d.network.gateway = c.Subnet.String(), c.Gateway.String()
		}
	}
	if d.opts.Resolve && ownAddress(d.network.gateway) {
		d.network.resolver = d.network.gateway
	}
	return nil
}

// shares tells whether the containers of a task have a pause container.
func (t *task) shares() bool {
	s := t.spec()
	return s.NetworkMode != runtime.ModeHost && s.NetworkMode != runtime.ModeNone ||
		s.PIDMode == "task" || s.IPCMode == "task"
}

// connect makes the pause container and reads the task's address.
func (t *task) connect(ctx context.Context, s *runtime.Status) error {
	if !t.shares() {
		return nil
	}
	config, host, err := t.pauseConfig()
	if err != nil {
		return fmt.Errorf("ResourceInitializationError: %w", err)
	}
	id, err := t.d.create(ctx, client.ContainerCreateOptions{Name: t.objectName("pause"), Config: config, HostConfig: host}, t.id)
	if err == nil {
		_, err = t.d.engine.ContainerStart(ctx, id, client.ContainerStartOptions{})
	}
	if err != nil {
		return fmt.Errorf("ResourceInitializationError: task network: %w", err)
	}
	info, err := t.d.engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return fmt.Errorf("ResourceInitializationError: task network: %w", err)
	}
	if end := info.Container.NetworkSettings.Networks[t.d.network.name]; end != nil {
		s.IP, s.MAC = end.IPAddress.String(), end.MacAddress.String()
		s.Gateway, s.Subnet = end.Gateway.String(), t.d.network.subnet
	}
	if mode := t.spec().NetworkMode; mode == runtime.ModeHost || mode == runtime.ModeNone {
		return nil
	}
	if state := info.Container.State; state != nil {
		s.NetNS = netnsOf(ctx, state.Pid)
	}
	if err := t.d.opts.Joined.Tell(ctx, t.spec(), s.NetNS); err != nil {
		return fmt.Errorf("ResourceInitializationError: %w", err)
	}
	return nil
}

// netnsOf is the path of a pause container's network namespace. It is empty when
// the process is none of this machine's, for the Engine runs elsewhere, or when
// grue may not enter.
func netnsOf(ctx context.Context, pid int) string {
	if goruntime.GOOS != "linux" || os.Geteuid() != 0 || pid <= 0 {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, pausePatience)
	defer cancel()
	for {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		switch {
		case err != nil:
			return ""
		case strings.TrimSpace(string(name)) == "pause":
			return fmt.Sprintf("/proc/%d/ns/net", pid)
		}
		select { // just after its start it is still the OCI runtime's program
		case <-ctx.Done():
			return ""
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// pausePatience bounds how long a pause container's process may take to become
// the pause program.
const pausePatience = 5 * time.Second

// pauseConfig gathers what belongs to the shared namespaces: the Engine takes
// names, name servers and ports only from their owner.
func (t *task) pauseConfig() (*container.Config, *container.HostConfig, error) {
	s := t.spec()
	config := &container.Config{Image: t.d.pauseID, Labels: t.labels(nil, "~pause"), ExposedPorts: netapi.PortSet{}}
	host := &container.HostConfig{
		NetworkMode: container.NetworkMode(t.d.network.name), PortBindings: netapi.PortMap{},
		LogConfig: container.LogConfig{Type: "none"}, Sysctls: map[string]string{},
		ReadonlyRootfs: true, CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges"},
	}
	switch s.NetworkMode {
	case runtime.ModeHost:
		host.NetworkMode = "host"
	case runtime.ModeNone:
		host.NetworkMode = "none"
	}
	if s.IPCMode == "task" {
		host.IpcMode = "shareable"
	}
	for i := range s.Containers {
		if err := t.addNetwork(config, host, &s.Containers[i]); err != nil {
			return nil, nil, err
		}
	}
	if addr, err := netip.ParseAddr(t.d.network.resolver); err == nil && len(host.DNS) == 0 && host.NetworkMode.IsUserDefined() {
		host.DNS = append(host.DNS, addr)
	}
	return config, host, nil
}

// addNetwork adds what one container wants of the task's network.
func (t *task) addNetwork(config *container.Config, host *container.HostConfig, c *runtime.Container) error {
	if config.Hostname == "" && host.NetworkMode != "host" {
		config.Hostname = c.Hostname
	}
	host.DNSSearch = append(host.DNSSearch, c.DNSSearch...)
	host.ExtraHosts = append(host.ExtraHosts, c.ExtraHosts...)
	for _, text := range c.DNS {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return fmt.Errorf("dnsServers: %q is no address", text)
		}
		if !slices.Contains(host.DNS, addr) {
			host.DNS = append(host.DNS, addr)
		}
	}
	for _, link := range c.Links { // every container is on the task's localhost
		name, alias, ok := strings.Cut(link, ":")
		if !ok {
			alias = name
		}
		host.ExtraHosts = append(host.ExtraHosts, alias+":127.0.0.1")
	}
	for name, value := range c.Sysctls {
		if strings.HasPrefix(name, "net.") {
			host.Sysctls[name] = value
		}
	}
	if !c.NoNetwork {
		t.addPorts(config, host, c)
	}
	return nil
}

func (t *task) addPorts(config *container.Config, host *container.HostConfig, c *runtime.Container) {
	mode := t.spec().NetworkMode
	for _, p := range c.Ports {
		port, ok := netapi.PortFrom(p.Container, netapi.IPProtocol(protocol(p)))
		if !ok {
			continue
		}
		config.ExposedPorts[port] = struct{}{}
		binding := netapi.PortBinding{}
		switch {
		case mode == runtime.ModeBridge && p.Host != 0:
			binding.HostPort = strconv.Itoa(int(p.Host))
		case mode == runtime.ModeBridge:
			// The Engine chooses a port.
		case mode == runtime.ModeAWSVPC && t.d.opts.Publish:
			binding.HostIP = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		default:
			continue
		}
		host.PortBindings[port] = append(host.PortBindings[port], binding)
	}
}

func protocol(p runtime.Port) string {
	if p.Protocol == "" {
		return "tcp"
	}
	return p.Protocol
}

// bindings are the ports of a container as they can be reached.
func (t *task) bindings(ctx context.Context, c *runtime.Container) ([]runtime.PortBinding, error) {
	var out []runtime.PortBinding
	if t.spec().NetworkMode == runtime.ModeHost {
		for _, p := range c.Ports {
			out = append(out, runtime.PortBinding{BindIP: "0.0.0.0", Container: p.Container, Host: p.Container, Protocol: protocol(p)})
		}
		return out, nil
	}
	if len(c.Ports) == 0 || !t.shares() || c.NoNetwork {
		return nil, nil
	}
	info, err := t.d.engine.ContainerInspect(ctx, t.objectName("pause"), client.ContainerInspectOptions{})
	if err != nil {
		return nil, err
	}
	for _, p := range c.Ports {
		port, _ := netapi.PortFrom(p.Container, netapi.IPProtocol(protocol(p)))
		for _, b := range info.Container.NetworkSettings.Ports[port] {
			if b.HostIP.Is6() {
				continue // the same port once more
			}
			host, err := strconv.ParseUint(b.HostPort, 10, 16)
			if err != nil {
				return nil, fmt.Errorf("host port %q: %w", b.HostPort, err)
			}
			out = append(out, runtime.PortBinding{BindIP: b.HostIP.String(), Container: p.Container, Host: uint16(host), Protocol: protocol(p)})
		}
	}
	return out, nil
}

// removePause frees namespace, address and ports.
func (t *task) removePause(ctx context.Context) error {
	if !t.shares() {
		return nil
	}
	return t.d.removeContainer(ctx, t.objectName("pause"))
}

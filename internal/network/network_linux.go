package network

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Network holds the bridge, leases and load balancer addresses of one data
// directory. All methods are safe for concurrent use.
type Network struct {
	opts Options
	hash string
	info Info
	lock *os.File // held as long as this process uses Dir
	log  *slog.Logger

	mu     sync.Mutex
	bridge int // link index
	leases map[string]Lease
	lbs    map[string]netip.Addr
	rings  [Zones + 1]*ring
	spares [Zones][]Lease
	making map[string]Lease         // spares on their way, by link
	wait   map[string]chan struct{} // tasks whose namespace is being made
	refill [Zones]bool              // a goroutine is at it
	closed bool

	closing chan struct{} // closed with closed

	work   sync.WaitGroup // everything that happens behind a caller's back
	filter chan struct{}  // closed when the packet filter is in order
}

// New opens the network of a data directory, choosing an address range the
// first time, and mends whatever a crash or reboot left behind.
func New(opts Options) (*Network, error) {
	opts = withDefaults(opts)
	n := &Network{
		opts: opts, hash: hashOf(opts.Dir), log: opts.Log,
		leases: map[string]Lease{}, lbs: map[string]netip.Addr{},
		making: map[string]Lease{}, wait: map[string]chan struct{}{},
		filter: make(chan struct{}), closing: make(chan struct{}),
	}
	if os.Geteuid() != 0 {
		return nil, opErr("open", ErrPrivilege)
	}
	for _, d := range []string{n.leaseDir(), n.lbDir(), n.netnsDir(), n.claimDir()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, opErr("open", err)
		}
	}
	lock, err := lockFile(filepath.Join(opts.Dir, "lock"))
	if err != nil {
		return nil, opErr("open", err)
	}
	n.lock = lock
	if err := n.open(); err != nil {
		lock.Close()
		return nil, opErr("open", err)
	}
	if opts.NoFilter {
		close(n.filter)
		return n, nil
	}
	n.work.Go(n.applyFilter)
	return n, nil
}

func withDefaults(o Options) Options {
	if abs, err := filepath.Abs(o.Dir); err == nil {
		o.Dir = abs
	}
	if o.RunDir == "" {
		o.RunDir = "/run/grue"
	}
	if len(o.Pool) == 0 {
		o.Pool = DefaultPool()
	}
	if o.Spares == 0 {
		o.Spares = 2
	}
	if o.Rest == 0 {
		o.Rest = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Name == "" {
		o.Name = "grue-" + hashOf(o.Dir)
	}
	return o
}

func (n *Network) open() error {
	cidr, err := n.chooseRange()
	if err != nil {
		return err
	}
	n.info = infoFor(n.opts.Name, cidr)
	for i := range n.rings {
		n.rings[i] = newRing(subnet(cidr, i))
	}
	return n.Restore()
}

func infoFor(bridge string, cidr netip.Prefix) Info {
	info := Info{
		Bridge: bridge, CIDR: cidr, Gateway: gatewayOf(cidr),
		MAC: bridgeMAC(cidr).String(), LBs: subnet(cidr, Zones),
	}
	for i := range info.Subnets {
		info.Subnets[i] = subnet(cidr, i)
	}
	return info
}

// Info describes bridge, gateway and subnets.
func (n *Network) Info() Info { return n.info }

func (n *Network) applyFilter() {
	defer close(n.filter)
	reusePorts()
	f := filter{bridge: n.info.Bridge, hash: n.hash, info: n.info}
	if err := f.apply(); err != nil {
		n.log.Warn("tasks may have no way to the internet", "bridge", n.info.Bridge, "err", err)
	}
	if err := f.applyUntracked(); err != nil {
		n.log.Warn("connections of tasks fill the kernel's connection tracking", "bridge", n.info.Bridge, "err", err)
	}
	if err := f.applyReturn(); err != nil {
		n.log.Warn("tasks see load balancers' addresses instead of clients'", "bridge", n.info.Bridge, "err", err)
	}
}

// Close waits for work in the background and drops the namespaces that were
// made ahead. Leases and addresses stay.
func (n *Network) Close() error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	close(n.closing)
	n.mu.Unlock()
	n.work.Wait()
	for z := range n.spares {
		for _, s := range n.spares[z] {
			n.teardown(s)
		}
		n.spares[z] = nil
	}
	return n.lock.Close()
}

func (n *Network) leaseDir() string { return filepath.Join(n.opts.Dir, "leases") }
func (n *Network) lbDir() string    { return filepath.Join(n.opts.Dir, "lbs") }
func (n *Network) runDir() string   { return filepath.Join(n.opts.RunDir, n.hash) }
func (n *Network) netnsDir() string { return filepath.Join(n.runDir(), "netns") }
func (n *Network) claimDir() string { return filepath.Join(n.opts.RunDir, "claims") }

// lockPatience is how long a lock may stay after its holder was killed: until
// the programs that it was just starting have closed their copies.
const lockPatience = 2 * time.Second

// lockFile takes an exclusive lock that ends with this process.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(lockPatience); ; time.Sleep(10 * time.Millisecond) {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			break
		}
		if time.Now().After(deadline) {
			err = ErrInUse
			break
		}
	}
	f.Close()
	return nil, err
}

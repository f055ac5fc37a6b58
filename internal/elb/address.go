package elb

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// addressID names a load balancer to Addresses: account/region/kind/name/id.
func addressID(lbARN string) string {
	return scopeOf(lbARN).Key(LoadBalancerDimension(lbARN))
}

// NewLoadBalancerARN returns the ARN of a load balancer of a kind that is to be created.
func NewLoadBalancerARN(s arn.Scope, kind, name string) string {
	return arn.Make(Service, s.Region, s.Account, "loadbalancer/"+kind+"/"+name+"/"+newID())
}

// Allocate takes an address for a load balancer. It is durable before the load
// balancer is: forget an address that was not used with Release.
func (b *Balancer) Allocate(lbARN string) (netip.Addr, error) {
	if b.opts.Addresses == nil {
		return netip.Addr{}, fmt.Errorf("elb: this server has no addresses for load balancers")
	}
	return b.opts.Addresses.AllocLB(addressID(lbARN))
}

// Release gives back an address of Allocate for a load balancer that was not
// created after all.
func (b *Balancer) Release(lbARN string) {
	if err := b.opts.Addresses.FreeLB(addressID(lbARN)); err != nil {
		b.opts.Log.Error("an address is not free", "load_balancer", lbARN, "err", err)
	}
}

// restoreAddresses makes sure after a start that every load balancer has its
// address, and that it is the one in its record. One that cannot have it does not
// keep the others from serving: its listeners will not bind, which it shows.
func (b *Balancer) restoreAddresses() error {
	if b.opts.Addresses == nil {
		return nil
	}
	var all []*LoadBalancer
	b.opts.Store.View(func(tx *store.Tx) {
		for _, lb := range loadBalancers.All(tx) {
			all = append(all, lb)
		}
	})
	for _, lb := range all {
		addr, err := b.opts.Addresses.AllocLB(addressID(lb.ARN))
		if err != nil {
			b.opts.Log.Error("a load balancer has lost its address", "load_balancer", lb.ARN, "address", lb.Address, "err", err)
			continue
		}
		if addr.String() == lb.Address {
			continue
		}
		b.opts.Log.Warn("a load balancer has a new address", "load_balancer", lb.ARN, "before", lb.Address, "address", addr)
		if err := b.move(lb.ARN, addr.String()); err != nil {
			return err
		}
	}
	return nil
}

func (b *Balancer) move(lbARN, address string) error {
	return b.opts.Store.Update(func(tx *store.Tx) error {
		if lb, ok := loadBalancers.Get(tx, lbARN); ok {
			next := *lb
			next.Address = address
			PutLoadBalancer(tx, &next)
		}
		return nil
	})
}

// PublicName is the DNS name that AWS would give a load balancer: its number
// comes from the ARN, so that it never changes.
func PublicName(lbARN, scheme string) string {
	parts := strings.Split(LoadBalancerDimension(lbARN), "/")
	name, id := parts[1], parts[2]
	if Kind(lbARN) == Network {
		return fmt.Sprintf("%s-%s.elb.%s.amazonaws.com", name, id, scopeOf(lbARN).Region)
	}
	var n uint64
	fmt.Sscanf(id[:8], "%x", &n)
	prefix := ""
	if scheme == "internal" {
		prefix = "internal-"
	}
	return fmt.Sprintf("%s%s-%d.%s.elb.amazonaws.com", prefix, name, n, scopeOf(lbARN).Region)
}

package elbv2

import (
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// mapping reads a subnet mapping: which addresses a network load balancer has in a
// subnet. They are kept and shown; the load balancer answers on its own address.
func (s *Service) mapping(sc arn.Scope, lb *elb.LoadBalancer, m types.SubnetMapping) (elb.Zone, error) {
	z := elb.Zone{Subnet: get(m.SubnetId), Allocation: get(m.AllocationId), Private: get(m.PrivateIPv4Address)}
	given := z.Allocation != "" || z.Private != "" || get(m.IPv6Address) != "" || get(m.SourceNatIpv6Prefix) != ""
	switch {
	case !given:
		return z, nil
	case !lb.IsNetwork():
		return z, badConfiguration("Addresses cannot be specified for the subnets of an application load balancer")
	case get(m.IPv6Address) != "" || get(m.SourceNatIpv6Prefix) != "":
		return z, badConfiguration("IPv6 addresses cannot be specified for the subnets of a load balancer in this version of grue")
	case z.Allocation != "" && z.Private != "":
		return z, badConfiguration("An allocation ID and a private IPv4 address cannot be specified for the same subnet '%s'", z.Subnet)
	case z.Allocation != "" && lb.Scheme == "internal":
		return z, badConfiguration("Elastic IP addresses cannot be specified for an internal load balancer; use PrivateIPv4Address")
	case z.Private != "" && lb.Scheme != "internal":
		return z, badConfiguration("Private IPv4 addresses can only be specified for an internal load balancer; use AllocationId")
	}
	if a, err := netip.ParseAddr(z.Private); z.Private != "" && (err != nil || !a.Is4()) {
		return z, invalid("'%s' is not a valid IPv4 address", z.Private)
	}
	if z.Allocation != "" && s.o.ElasticAddress != nil {
		ip, ok := s.o.ElasticAddress(sc, z.Allocation)
		if !ok {
			return z, wire.Errorf("AllocationIdNotFoundException", "The allocation ID '%s' does not exist", z.Allocation)
		}
		z.Elastic = ip
	}
	return z, nil
}

// checkAllocations: an elastic address belongs to one subnet of one load balancer.
func checkAllocations(tx *store.Tx, sc arn.Scope, lb *elb.LoadBalancer) error {
	taken := map[string]string{}
	for other := range elb.LoadBalancers(tx, sc) {
		for _, z := range other.Zones {
			if other.ARN != lb.ARN {
				taken[z.Allocation] = other.ARN
			}
		}
	}
	for _, z := range lb.Zones {
		if by, ok := taken[z.Allocation]; ok && z.Allocation != "" {
			return wire.Errorf("ResourceInUseException", "The allocation ID '%s' is in use by load balancer '%s'", z.Allocation, by)
		}
		taken[z.Allocation] = lb.ARN
	}
	return nil
}

func showAddresses(z elb.Zone) []types.LoadBalancerAddress {
	switch {
	case z.Allocation != "":
		a := types.LoadBalancerAddress{AllocationId: aws.String(z.Allocation)}
		if z.Elastic != "" {
			a.IpAddress = aws.String(z.Elastic)
		}
		return []types.LoadBalancerAddress{a}
	case z.Private != "":
		return []types.LoadBalancerAddress{{PrivateIPv4Address: aws.String(z.Private)}}
	}
	return []types.LoadBalancerAddress{}
}

// sameAddresses: the address of a zone that a network load balancer has stays.
// Naming its subnet alone keeps it.
func sameAddresses(lb *elb.LoadBalancer, next []elb.Zone) error {
	for i := range next {
		for _, old := range lb.Zones {
			z := &next[i]
			switch {
			case old.Subnet != z.Subnet:
			case z.Allocation == "" && z.Private == "":
				z.Allocation, z.Elastic, z.Private = old.Allocation, old.Elastic, old.Private
			case z.Allocation != old.Allocation || z.Private != old.Private:
				return badConfiguration("The addresses of subnet '%s' cannot be changed", z.Subnet)
			}
		}
	}
	return nil
}

// checkSourceNAT refuses source NAT with IPv6 prefixes.
func checkSourceNAT(lb *elb.LoadBalancer, e types.EnablePrefixForIpv6SourceNatEnum) error {
	switch {
	case e == "" || lb.IsNetwork() && e == types.EnablePrefixForIpv6SourceNatEnumOff:
		return nil
	case lb.IsNetwork() && e == types.EnablePrefixForIpv6SourceNatEnumOn:
		return badConfiguration("EnablePrefixForIpv6SourceNat is not available in this version of grue; use 'off'")
	case lb.IsNetwork():
		return invalid("'%s' is not a valid value of EnablePrefixForIpv6SourceNat", e)
	}
	return badConfiguration("EnablePrefixForIpv6SourceNat is not supported on load balancers of type 'application'")
}

// changeIPAddressType sets the IP address type. UDP and dual-stack exclude each other.
func changeIPAddressType(tx *store.Tx, lb *elb.LoadBalancer, t string) error {
	if err := checkIPAddressType(lb, t); err != nil {
		return err
	}
	lb.IPAddressType = t
	for l := range elb.Listeners(tx, lb.ARN) {
		if err := checkDualStack(lb, l.Protocol); err != nil {
			return err
		}
	}
	return nil
}

// checkDualStack refuses listeners for datagrams on a dual-stack load balancer.
func checkDualStack(lb *elb.LoadBalancer, protocol string) error {
	if lb.IPAddressType != string(types.IpAddressTypeIpv4) && (protocol == route.ProtocolUDP || protocol == route.ProtocolTCPUDP) {
		return badConfiguration("Listeners of protocol '%s' are not supported on load balancers with the IP address type '%s'", protocol, lb.IPAddressType)
	}
	return nil
}

package elbv2

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// maxLoadBalancers is the quota of load balancers of each type in a region.
const maxLoadBalancers = 50

// CreateLoadBalancer creates an application or network load balancer. Repeating the
// call with the same settings returns the existing one.
func (s *Service) CreateLoadBalancer(ctx context.Context, in *elasticloadbalancingv2.CreateLoadBalancerInput) (*elasticloadbalancingv2.CreateLoadBalancerOutput, error) {
	kind, err := kindOf(in.Type)
	if err != nil {
		return nil, err
	}
	next, err := s.newLoadBalancer(ctx, kind, in)
	if err != nil {
		return nil, err
	}
	existing, err := s.sameLoadBalancer(ctx, next)
	if err == nil && existing == nil {
		existing, err = s.storeLoadBalancer(ctx, next)
	}
	if err != nil {
		return nil, err
	}
	return &elasticloadbalancingv2.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{s.show(existing)}}, nil
}

// kindOf is the kind of load balancer that a type stands for.
func kindOf(t types.LoadBalancerTypeEnum) (string, error) {
	switch t {
	case "", types.LoadBalancerTypeEnumApplication:
		return elb.Application, nil
	case types.LoadBalancerTypeEnumNetwork:
		return elb.Network, nil
	case types.LoadBalancerTypeEnumGateway:
		return "", notPermitted("Load balancers of type '%s' are not available in this version of grue; use type 'application' or 'network'", t)
	}
	return "", invalid("'%s' is not a valid load balancer type", t)
}

// typeOf is the type of a load balancer, as requests and answers have it.
func typeOf(someARN string) types.LoadBalancerTypeEnum {
	if elb.Kind(someARN) == elb.Network {
		return types.LoadBalancerTypeEnumNetwork
	}
	return types.LoadBalancerTypeEnumApplication
}

// newLoadBalancer makes the record that a request asks for, without address.
func (s *Service) newLoadBalancer(ctx context.Context, kind string, in *elasticloadbalancingv2.CreateLoadBalancerInput) (*elb.LoadBalancer, error) {
	name := get(in.Name)
	if err := checkName("Load balancer", name); err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, "internal-") {
		return nil, invalid("Load balancer name '%s' cannot begin with 'internal-'", name)
	}
	lb := &elb.LoadBalancer{
		ARN:            elb.NewLoadBalancerARN(scope(ctx), kind, name),
		Name:           name,
		Scheme:         cmp.Or(string(in.Scheme), string(types.LoadBalancerSchemeEnumInternetFacing)),
		IPAddressType:  cmp.Or(string(in.IpAddressType), string(types.IpAddressTypeIpv4)),
		SecurityGroups: slices.Sorted(slices.Values(in.SecurityGroups)),
		HostedZone:     hostedZone(kind, scope(ctx).Region),
	}
	if !slices.Contains(types.LoadBalancerSchemeEnum("").Values(), types.LoadBalancerSchemeEnum(lb.Scheme)) {
		return nil, wire.Errorf("InvalidSchemeException", "The scheme '%s' is not valid; use 'internet-facing' or 'internal'", lb.Scheme)
	}
	if err := checkIPAddressType(lb, lb.IPAddressType); err != nil {
		return nil, err
	}
	if err := checkSourceNAT(lb, in.EnablePrefixForIpv6SourceNat); err != nil {
		return nil, err
	}
	if lb.IsNetwork() && len(lb.SecurityGroups) > 0 {
		lb.PrivateLink = "on"
	}
	if in.CustomerOwnedIpv4Pool != nil && get(in.CustomerOwnedIpv4Pool) != "" || in.IpamPools != nil && get(in.IpamPools.Ipv4IpamPoolId) != "" {
		return nil, badConfiguration("Customer-owned and IPAM address pools are not available in this version of grue")
	}
	var err error
	if lb.Zones, lb.VPC, err = s.zones(scope(ctx), lb, in.Subnets, in.SubnetMappings); err != nil {
		return nil, err
	}
	lb.Tags, err = readTags(in.Tags)
	return lb, err
}

// sameLoadBalancer returns the load balancer that has the name already; nil when
// there is none, an error when its settings differ.
func (s *Service) sameLoadBalancer(ctx context.Context, next *elb.LoadBalancer) (old *elb.LoadBalancer, err error) {
	s.o.Store.View(func(tx *store.Tx) { old, err = checkSame(tx, scope(ctx), next) })
	return old, err
}

func checkSame(tx *store.Tx, s arn.Scope, next *elb.LoadBalancer) (*elb.LoadBalancer, error) {
	old, ok := elb.LoadBalancerNamed(tx, s, next.Name)
	if !ok {
		return nil, nil
	}
	same := elb.Kind(old.ARN) == elb.Kind(next.ARN) && old.Scheme == next.Scheme && old.IPAddressType == next.IPAddressType &&
		slices.Equal(old.Zones, next.Zones) && slices.Equal(old.SecurityGroups, next.SecurityGroups) &&
		maps.Equal(old.Tags, next.Tags)
	if !same {
		return nil, wire.Errorf("DuplicateLoadBalancerNameException", "A load balancer with the same name '%s' exists, but with different settings", next.Name)
	}
	return old, nil
}

// storeLoadBalancer gives a load balancer its address and writes it. The address is
// durable before the record: without a record it is given back.
func (s *Service) storeLoadBalancer(ctx context.Context, next *elb.LoadBalancer) (*elb.LoadBalancer, error) {
	next.PublicName = elb.PublicName(next.ARN, next.Scheme)
	next.Created = s.o.Now().UTC()
	address, err := s.o.Balancer.Allocate(next.ARN)
	if errors.Is(err, syscall.ENOSPC) {
		return nil, err
	}
	if err != nil {
		return nil, wire.Errorf("InvalidSubnetException", "Not enough IP space available for the load balancer: %v", err)
	}
	next.Address = address.String()
	var old *elb.LoadBalancer
	err = s.update(func(tx *store.Tx) (err error) {
		if old, err = checkSame(tx, scope(ctx), next); err != nil || old != nil {
			return err
		}
		if err := checkAllocations(tx, scope(ctx), next); err != nil {
			return err
		}
		n := 0
		for lb := range elb.LoadBalancers(tx, scope(ctx)) {
			if lb.IsNetwork() == next.IsNetwork() {
				n++
			}
		}
		if n >= maxLoadBalancers {
			return wire.Errorf("TooManyLoadBalancersException", "You've reached the limit of %d %s load balancers", maxLoadBalancers, typeOf(next.ARN))
		}
		elb.PutLoadBalancer(tx, next)
		return nil
	})
	if err != nil || old != nil {
		s.o.Balancer.Release(next.ARN)
		return old, err
	}
	return next, nil
}

// DescribeLoadBalancers lists load balancers, all or those with the given ARNs
// or names.
func (s *Service) DescribeLoadBalancers(ctx context.Context, in *elasticloadbalancingv2.DescribeLoadBalancersInput) (*elasticloadbalancingv2.DescribeLoadBalancersOutput, error) {
	if len(in.LoadBalancerArns) > 0 && len(in.Names) > 0 {
		return nil, invalid("Load balancer names and load balancer ARNs cannot be specified at the same time")
	}
	if len(in.LoadBalancerArns) > 20 || len(in.Names) > 20 {
		return nil, invalid("Up to 20 load balancers can be specified")
	}
	var found []*elb.LoadBalancer
	var err error
	s.o.Store.View(func(tx *store.Tx) { found, err = chooseLoadBalancers(ctx, tx, in) })
	if err != nil {
		return nil, err
	}
	list, next, err := page(found, func(lb *elb.LoadBalancer) string { return lb.ARN }, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elasticloadbalancingv2.DescribeLoadBalancersOutput{LoadBalancers: []types.LoadBalancer{}, NextMarker: next}
	for _, lb := range list {
		out.LoadBalancers = append(out.LoadBalancers, s.show(lb))
	}
	return out, nil
}

func chooseLoadBalancers(ctx context.Context, tx *store.Tx, in *elasticloadbalancingv2.DescribeLoadBalancersInput) ([]*elb.LoadBalancer, error) {
	var found []*elb.LoadBalancer
	for i := range in.LoadBalancerArns {
		lb, err := loadBalancer(ctx, tx, &in.LoadBalancerArns[i])
		if err != nil {
			return nil, err
		}
		found = append(found, lb)
	}
	for _, name := range in.Names {
		lb, ok := elb.LoadBalancerNamed(tx, scope(ctx), name)
		if !ok {
			return nil, wire.Errorf("LoadBalancerNotFoundException", "Load balancers '[%s]' not found", name)
		}
		found = append(found, lb)
	}
	if len(in.LoadBalancerArns)+len(in.Names) == 0 {
		found = slices.Collect(elb.LoadBalancers(tx, scope(ctx)))
	}
	slices.SortFunc(found, func(a, b *elb.LoadBalancer) int { return cmp.Compare(a.ARN, b.ARN) })
	return slices.CompactFunc(found, func(a, b *elb.LoadBalancer) bool { return a.ARN == b.ARN }), nil
}

// show describes a load balancer. One that cannot listen on all its ports is
// impaired, and says why.
func (s *Service) show(lb *elb.LoadBalancer) types.LoadBalancer {
	state := &types.LoadBalancerState{Code: types.LoadBalancerStateEnumActive}
	if why := s.o.Balancer.Impaired(lb.ARN); why != "" {
		state.Code, state.Reason = types.LoadBalancerStateEnumActiveImpaired, &why
	}
	var vpc *string
	if lb.VPC != "" {
		vpc = &lb.VPC
	}
	out := types.LoadBalancer{
		LoadBalancerArn:       &lb.ARN,
		LoadBalancerName:      &lb.Name,
		DNSName:               &lb.Address,
		CanonicalHostedZoneId: &lb.HostedZone,
		CreatedTime:           &lb.Created,
		Scheme:                types.LoadBalancerSchemeEnum(lb.Scheme),
		VpcId:                 vpc,
		State:                 state,
		Type:                  typeOf(lb.ARN),
		AvailabilityZones:     showZones(lb.Zones),
		SecurityGroups:        append([]string{}, lb.SecurityGroups...),
		IpAddressType:         types.IpAddressType(lb.IPAddressType),
	}
	if lb.IsNetwork() {
		out.EnablePrefixForIpv6SourceNat = types.EnablePrefixForIpv6SourceNatEnumOff
	}
	if lb.PrivateLink != "" {
		out.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = &lb.PrivateLink
	}
	return out
}

// DeleteLoadBalancer deletes a load balancer with its listeners and rules. One
// that is gone already is no error.
func (s *Service) DeleteLoadBalancer(ctx context.Context, in *elasticloadbalancingv2.DeleteLoadBalancerInput) (*elasticloadbalancingv2.DeleteLoadBalancerOutput, error) {
	lbARN, mine, err := own(ctx, in.LoadBalancerArn, "loadBalancerArn", "loadbalancer", "load balancer")
	if err != nil {
		return nil, err
	}
	return &elasticloadbalancingv2.DeleteLoadBalancerOutput{}, s.update(func(tx *store.Tx) error {
		lb, ok := elb.GetLoadBalancer(tx, lbARN)
		if !ok || !mine {
			return nil
		}
		if lb.Attribute("deletion_protection.enabled") == "true" {
			return notPermitted("Load balancer '%s' cannot be deleted because deletion protection is enabled", lbARN)
		}
		if of := elb.TargetOf(tx, lbARN); len(of) > 0 {
			return wire.Errorf("ResourceInUseException", "Load balancer '%s' cannot be deleted because it is registered as a target in target group '%s'", lbARN, of[0])
		}
		elb.DeleteLoadBalancer(tx, lbARN)
		return nil
	})
}

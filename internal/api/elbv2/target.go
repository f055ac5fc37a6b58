package elbv2

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// RegisterTargets registers targets, all or none.
func (s *Service) RegisterTargets(ctx context.Context, in *elasticloadbalancingv2.RegisterTargetsInput) (*elasticloadbalancingv2.RegisterTargetsOutput, error) {
	if len(in.Targets) == 0 {
		return nil, invalid("At least one target must be specified")
	}
	return &elasticloadbalancingv2.RegisterTargetsOutput{}, s.update(func(tx *store.Tx) error {
		g, err := targetGroup(ctx, tx, in.TargetGroupArn)
		if err != nil {
			return err
		}
		for i := range in.Targets {
			t, err := s.readTarget(tx, g, &in.Targets[i])
			if err != nil {
				return err
			}
			if err := elb.Register(tx, t); err != nil {
				return err
			}
		}
		return checkTargets(tx, g)
	})
}

// readTarget validates a target of a request and finds its address.
func (s *Service) readTarget(tx *store.Tx, g *elb.TargetGroup, d *types.TargetDescription) (elb.Target, error) {
	t := elb.Target{Group: g.ARN, ID: get(d.Id), Port: g.Port, AZ: get(d.AvailabilityZone)}
	if d.Port != nil {
		t.Port = int(*d.Port)
	}
	switch {
	case t.ID == "":
		return t, required("targets.1.member.id")
	case t.Port < 1 || t.Port > 65535:
		return t, invalid("The port '%d' must be between '1' and '65535'", t.Port)
	case get(d.QuicServerId) != "":
		return t, badConfiguration("A QUIC server ID is not supported for targets of protocol '%s'", g.Protocol)
	}
	host := t.ID
	if g.TargetType == "alb" {
		lb, err := balancerTarget(tx, g, t)
		if err != nil {
			return t, err
		}
		host = lb.Address
	} else if g.TargetType == "instance" {
		if t.ID != s.o.InstanceID || s.o.InstanceAddress == "" {
			return t, noTarget("The following targets are not in a running state and cannot be registered: '%s'", t.ID)
		}
		host = s.o.InstanceAddress
	} else if err := checkAddress(g, t.ID); err != nil {
		return t, err
	}
	t.Address = net.JoinHostPort(host, strconv.Itoa(t.Port))
	return t, nil
}

func noTarget(format string, args ...any) error {
	return wire.Errorf("InvalidTargetException", format, args...)
}

// balancerTarget finds the application load balancer that is to be the one target of
// a group: it listens on the group's port.
func balancerTarget(tx *store.Tx, g *elb.TargetGroup, t elb.Target) (*elb.LoadBalancer, error) {
	lb, ok := elb.GetLoadBalancer(tx, t.ID)
	switch {
	case !ok || lb.IsNetwork():
		return nil, noTarget("The target '%s' is not an application load balancer", t.ID)
	case t.Port != g.Port:
		return nil, noTarget("The port '%d' of the target must be the port '%d' of target group '%s'", t.Port, g.Port, g.ARN)
	}
	for other := range elb.Registered(tx, g.ARN) {
		if other.ID != t.ID && !other.Draining {
			return nil, wire.Errorf("TooManyTargetsException", "A target group with target type 'alb' can have one target; '%s' is registered already", other.ID)
		}
	}
	for l := range elb.Listeners(tx, lb.ARN) {
		if l.Port == t.Port {
			return lb, nil
		}
	}
	return nil, noTarget("Load balancer '%s' has no listener on port '%d'", t.ID, t.Port)
}

// targetRanges are the ranges from which AWS takes ip targets, and loopback, where
// programs of this machine listen.
var targetRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("::1/128"),
}

func checkAddress(g *elb.TargetGroup, id string) error {
	a, err := netip.ParseAddr(id)
	if err != nil || a.Zone() != "" {
		return invalid("The IP address '%s' is not a valid IP address", id)
	}
	if a.Is4() != (g.IPAddressType == "ipv4") {
		return invalid("The IP address '%s' is not a valid %s address", id, g.IPAddressType)
	}
	for _, p := range targetRanges {
		if p.Contains(a) {
			return nil
		}
	}
	return invalid("The IP address '%s' is not within a valid range: 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16 or 127.0.0.0/8", id)
}

// checkTargets holds a target group and its load balancers to their quotas.
func checkTargets(tx *store.Tx, g *elb.TargetGroup) error {
	n := 0
	for range elb.Registered(tx, g.ARN) {
		n++
	}
	if n > maxTargets {
		return wire.Errorf("TooManyTargetsException", "A target group can have at most %d targets", maxTargets)
	}
	for _, lb := range elb.LoadBalancersOf(tx, g.ARN) {
		n := 0
		for _, other := range elb.GroupsOf(tx, lb) {
			for range elb.Registered(tx, other) {
				n++
			}
		}
		most := maxTargetsPerLB
		if elb.Kind(lb) == elb.Network {
			most = maxTargetsPerNLB
		}
		if n > most {
			return wire.Errorf("TooManyTargetsException", "A load balancer can have at most %d targets", most)
		}
	}
	return nil
}

// DeregisterTargets starts the draining of targets. Targets that are not
// registered are no error; a target without a port means all its ports.
func (s *Service) DeregisterTargets(ctx context.Context, in *elasticloadbalancingv2.DeregisterTargetsInput) (*elasticloadbalancingv2.DeregisterTargetsOutput, error) {
	if len(in.Targets) == 0 {
		return nil, invalid("At least one target must be specified")
	}
	return &elasticloadbalancingv2.DeregisterTargetsOutput{}, s.update(func(tx *store.Tx) error {
		g, err := targetGroup(ctx, tx, in.TargetGroupArn)
		if err != nil {
			return err
		}
		for i := range in.Targets {
			d := &in.Targets[i]
			if err := checkID(g, get(d.Id)); err != nil {
				return err
			}
			for _, r := range chosen(tx, g, d) {
				if _, err := elb.Deregister(tx, r.Group, r.ID, r.Port, s.o.Now()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// chosen lists the registrations that a target of a request stands for.
func chosen(tx *store.Tx, g *elb.TargetGroup, d *types.TargetDescription) []*elb.Registration {
	var out []*elb.Registration
	for r := range elb.Registered(tx, g.ARN) {
		if r.ID == get(d.Id) && (d.Port == nil || int(*d.Port) == r.Port) {
			out = append(out, r)
		}
	}
	return out
}

// checkID refuses the id of a target that cannot exist.
func checkID(g *elb.TargetGroup, id string) error {
	if id == "" {
		return required("targets.1.member.id")
	}
	if g.TargetType == "ip" {
		if _, err := netip.ParseAddr(id); err != nil {
			return noTarget("The IP address '%s' is not a valid IP address", id)
		}
		return nil
	}
	if g.TargetType == "alb" {
		if elb.Kind(id) != elb.Application || !strings.Contains(id, ":loadbalancer/") {
			return noTarget("The target '%s' is not the ARN of an application load balancer", id)
		}
		return nil
	}
	if !strings.HasPrefix(id, "i-") || !only(id, "-") {
		return noTarget("The instance ID '%s' is not valid", id)
	}
	return nil
}

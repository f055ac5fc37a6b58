package elbv2

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// zones finds the availability zones of the subnets of a load balancer: at most one
// subnet a zone, in order of zone, all of one VPC. A subnet that nobody knows is in
// a zone of its own, for grue's tasks do not need it to exist.
func (s *Service) zones(sc arn.Scope, lb *elb.LoadBalancer, subnets []string, mappings []types.SubnetMapping) ([]elb.Zone, string, error) {
	if len(subnets) > 0 && len(mappings) > 0 {
		return nil, "", invalid("Subnets and subnet mappings cannot be specified at the same time")
	}
	given := map[string]elb.Zone{}
	for _, m := range mappings {
		z, err := s.mapping(sc, lb, m)
		if err != nil {
			return nil, "", err
		}
		given[z.Subnet] = z
		subnets = append(subnets, z.Subnet)
	}
	fewest := tooFewSubnets
	if lb.IsNetwork() {
		fewest = "At least one subnet must be specified"
	}
	if len(subnets) == 0 {
		return nil, "", invalid("%s", fewest)
	}
	subnets = slices.Sorted(slices.Values(subnets))
	vpc := ""
	var out []elb.Zone
	for i, id := range subnets {
		az, of, ok := "", "", false
		if s.o.Subnet != nil {
			az, of, ok = s.o.Subnet(sc, id)
		}
		if !ok && (s.o.Strict || id == "") {
			return nil, "", wire.Errorf("SubnetNotFoundException", "The subnet ID '%s' does not exist", id)
		}
		if !ok {
			az = sc.Region + string(rune('a'+i%26))
		}
		if ok && vpc != "" && of != vpc {
			return nil, "", wire.Errorf("InvalidSubnetException", "All subnets must belong to the same VPC: '%s'", vpc)
		}
		vpc = cmp.Or(vpc, of)
		if slices.ContainsFunc(out, func(z elb.Zone) bool { return z.Name == az }) {
			return nil, "", badConfiguration("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		z := given[id]
		z.Name, z.Subnet = az, id
		out = append(out, z)
	}
	if len(out) < 2 && s.o.Strict && !lb.IsNetwork() {
		return nil, "", invalid("%s", fewest)
	}
	slices.SortFunc(out, func(a, b elb.Zone) int { return cmp.Compare(a.Name, b.Name) })
	return out, vpc, nil
}

const tooFewSubnets = "At least two subnets in two different Availability Zones must be specified"

func showZones(zones []elb.Zone) []types.AvailabilityZone {
	out := []types.AvailabilityZone{}
	for _, z := range zones {
		out = append(out, types.AvailabilityZone{ZoneName: aws.String(z.Name), SubnetId: aws.String(z.Subnet), LoadBalancerAddresses: showAddresses(z)})
	}
	return out
}

// SetSubnets replaces the subnets of a load balancer.
func (s *Service) SetSubnets(ctx context.Context, in *elasticloadbalancingv2.SetSubnetsInput) (*elasticloadbalancingv2.SetSubnetsOutput, error) {
	out := &elasticloadbalancingv2.SetSubnetsOutput{}
	return out, s.modify(ctx, in.LoadBalancerArn, func(tx *store.Tx, lb *elb.LoadBalancer) error {
		zones, vpc, err := s.zones(scope(ctx), lb, in.Subnets, in.SubnetMappings)
		if err != nil {
			return err
		}
		if err := sameAddresses(lb, zones); err != nil {
			return err
		}
		if err := checkSourceNAT(lb, in.EnablePrefixForIpv6SourceNat); err != nil {
			return err
		}
		out.AvailabilityZones = showZones(zones)
		if lb.VPC != "" && vpc != "" && vpc != lb.VPC {
			return wire.Errorf("InvalidSubnetException", "The subnets do not belong to VPC '%s' of the load balancer", lb.VPC)
		}
		if in.IpAddressType != "" {
			if err := changeIPAddressType(tx, lb, string(in.IpAddressType)); err != nil {
				return err
			}
		}
		lb.Zones, lb.VPC = zones, cmp.Or(lb.VPC, vpc)
		if err := checkAllocations(tx, scope(ctx), lb); err != nil {
			return err
		}
		out.IpAddressType = types.IpAddressType(lb.IPAddressType)
		if lb.IsNetwork() {
			out.EnablePrefixForIpv6SourceNat = types.EnablePrefixForIpv6SourceNatEnumOff
		}
		return nil
	})
}

// SetSecurityGroups replaces the security groups of a load balancer.
func (s *Service) SetSecurityGroups(ctx context.Context, in *elasticloadbalancingv2.SetSecurityGroupsInput) (*elasticloadbalancingv2.SetSecurityGroupsOutput, error) {
	if len(in.SecurityGroups) == 0 {
		return nil, invalid("At least one security group must be specified")
	}
	enforce := in.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic
	if enforce != "" && !slices.Contains(enforce.Values(), enforce) {
		return nil, invalid("'%s' is not a valid value of EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", enforce)
	}
	for _, id := range in.SecurityGroups {
		if id == "" {
			return nil, wire.Errorf("InvalidSecurityGroupException", "One or more security groups are invalid")
		}
	}
	groups := slices.Sorted(slices.Values(in.SecurityGroups))
	out := &elasticloadbalancingv2.SetSecurityGroupsOutput{SecurityGroupIds: groups}
	return out, s.modify(ctx, in.LoadBalancerArn, func(_ *store.Tx, lb *elb.LoadBalancer) error {
		switch {
		case !lb.IsNetwork() && enforce != "":
			return badConfiguration("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic is not supported on load balancers of type 'application'")
		case lb.IsNetwork() && len(lb.SecurityGroups) == 0:
			return badConfiguration("Security groups cannot be set on load balancer '%s': a load balancer of type 'network' that was created without security groups can never have any", lb.ARN)
		}
		lb.SecurityGroups = groups
		if lb.IsNetwork() {
			lb.PrivateLink = cmp.Or(string(enforce), lb.PrivateLink)
			out.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = types.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum(lb.PrivateLink)
		}
		return nil
	})
}

// SetIpAddressType replaces the IP address type of a load balancer.
func (s *Service) SetIpAddressType(ctx context.Context, in *elasticloadbalancingv2.SetIpAddressTypeInput) (*elasticloadbalancingv2.SetIpAddressTypeOutput, error) {
	if in.IpAddressType == "" {
		return nil, required("ipAddressType")
	}
	out := &elasticloadbalancingv2.SetIpAddressTypeOutput{IpAddressType: in.IpAddressType}
	return out, s.modify(ctx, in.LoadBalancerArn, func(tx *store.Tx, lb *elb.LoadBalancer) error {
		return changeIPAddressType(tx, lb, string(in.IpAddressType))
	})
}

func checkIPAddressType(lb *elb.LoadBalancer, t string) error {
	switch types.IpAddressType(t) {
	case types.IpAddressTypeIpv4, types.IpAddressTypeDualstack:
		return nil
	case types.IpAddressTypeDualstackWithoutPublicIpv4:
		if lb.IsNetwork() {
			return badConfiguration("The IP address type '%s' is not supported on load balancers of type 'network'", t)
		}
		if lb.Scheme == "internal" {
			return badConfiguration("The IP address type '%s' is not supported on internal load balancers", t)
		}
		return nil
	}
	return invalid("'%s' is not a valid IP address type", t)
}

// modify changes a copy of a load balancer and writes it.
func (s *Service) modify(ctx context.Context, lbARN *string, change func(*store.Tx, *elb.LoadBalancer) error) error {
	return s.update(func(tx *store.Tx) error {
		lb, err := loadBalancer(ctx, tx, lbARN)
		if err != nil {
			return err
		}
		next := *lb
		if err := change(tx, &next); err != nil {
			return err
		}
		elb.PutLoadBalancer(tx, &next)
		return nil
	})
}

// hostedZones are the Route 53 hosted zones of application load balancers in the
// regions where most people are.
var hostedZones = map[string]string{
	"us-east-1": "Z35SXDOTRQ7X7K", "us-east-2": "Z3AADJGX6KTTL2", "us-west-1": "Z368ELLRRE2KJ0", "us-west-2": "Z1H1FL5HABSF5",
	"eu-west-1": "Z32O12XQLNTSW2", "eu-west-2": "ZHURV8PSTC4K8", "eu-west-3": "Z3Q77PNBQS71R4", "eu-central-1": "Z215JYRZR1TBD5",
	"eu-north-1": "Z23TAZ6LKFMNIO", "ap-south-1": "ZP97RAFLXTNZK", "ap-northeast-1": "Z14GRHDCWA56QT", "ap-northeast-2": "ZWKZPGTI48KDX",
	"ap-southeast-1": "Z1LMS91P8CMLE5", "ap-southeast-2": "Z1GM3OXH4ZPM65", "ca-central-1": "ZQSVJUPU6J1EY", "sa-east-1": "Z2P70J7HTTTPLU",
}

// networkZones are those of network load balancers.
var networkZones = map[string]string{
	"us-east-1": "Z26RNL4JYFTOTI", "us-east-2": "ZLMOA37VPKANP", "us-west-1": "Z24FKFUX50B4VW", "us-west-2": "Z18D5FSROUN65G",
	"eu-west-1": "Z2IFOLAFXWLO4F", "eu-west-2": "ZD4D7Y8KGAS4G", "eu-west-3": "Z1CMS0P5QUZ6D5", "eu-central-1": "Z3F0SRJ5LGBH90",
	"eu-north-1": "Z1UDT6IFJ4EJM", "ap-south-1": "ZVDDRBQ08TROA", "ap-northeast-1": "Z31USIVHYNEOWT", "ap-northeast-2": "ZIBE1TIR4HY56",
	"ap-southeast-1": "ZKVM4W9LS7TM", "ap-southeast-2": "ZCT6FZBF4DROD", "ca-central-1": "Z2EPGBW3API2WT", "sa-east-1": "ZTK26PT1VY4CU",
}

func hostedZone(kind, region string) string {
	if kind == elb.Network {
		return cmp.Or(networkZones[region], networkZones["us-east-1"])
	}
	return cmp.Or(hostedZones[region], hostedZones["us-east-1"])
}

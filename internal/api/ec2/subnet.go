package ec2

import (
	"context"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// SubnetRecord is a subnet as it is kept.
type SubnetRecord struct {
	VPC, CIDR      string
	Zone           int
	Default        bool
	PublicIP       bool // mapPublicIpOnLaunch
	IPv6OnCreation bool
	DNS64          bool
	HostnameType   string // "" means ip-name
	ResourceA      bool   // enableResourceNameDnsARecord
	ResourceAAAA   bool
	ACL            string
	ACLAssociation string
}

var subnets = kind[SubnetRecord]{Table: store.NewTable[SubnetRecord]("ec2.subnet"), code: "InvalidSubnetID.NotFound", noun: "subnet ID"}

func init() { subnets.values = subnetValues }

func subnetValues(t tx, id string, r *SubnetRecord, filter string) ([]string, bool) {
	switch filter {
	case "subnet-id":
		return one(id)
	case "vpc-id":
		return one(r.VPC)
	case "availability-zone", "availabilityZone":
		return one(zoneName(t.Region, r.Zone))
	case "availability-zone-id", "availabilityZoneId":
		return one(zoneID(t.Region, r.Zone))
	case "cidr", "cidr-block", "cidrBlock":
		return one(r.CIDR)
	case "default-for-az", "defaultForAz":
		return yesno(r.Default)
	case "map-public-ip-on-launch":
		return yesno(r.PublicIP)
	case "state":
		return one("available")
	case "owner-id":
		return one(t.Account)
	}
	return nil, false
}

// Subnet finds the zone and the VPC of a subnet, for load balancers and tasks.
// It only reads, so that it can be asked inside a transaction: the default
// subnets of a scope that nobody has used yet are known by their derived ids.
func (s *Service) Subnet(sc arn.Scope, id string) (az, vpc string, ok bool) {
	made := false
	s.o.Store.View(func(st *store.Tx) {
		_, made = seeds.Get(st, sc.Key("default"))
		var r *SubnetRecord
		if r, ok = subnets.Get(st, sc.Key(id)); ok {
			az, vpc = zoneName(sc.Region, r.Zone), r.VPC
		}
	})
	for zone := 0; zone < Zones && !made && !ok; zone++ {
		if id == s.DefaultSubnet(sc, zone) {
			az, vpc, ok = zoneName(sc.Region, zone), s.DefaultVPC(sc), true
		}
	}
	return az, vpc, ok
}

// Subnet is a subnet in an answer.
type Subnet struct {
	SubnetId                      *string
	SubnetArn                     *string
	VpcId                         *string
	OwnerId                       *string
	State                         *string
	CidrBlock                     *string
	Ipv6CidrBlockAssociationSet   []struct{}
	AvailableIpAddressCount       int32
	AvailabilityZone              *string
	AvailabilityZoneId            *string
	DefaultForAz                  bool
	MapPublicIpOnLaunch           bool
	MapCustomerOwnedIpOnLaunch    bool
	AssignIpv6AddressOnCreation   bool
	EnableDns64                   bool
	Ipv6Native                    bool
	PrivateDnsNameOptionsOnLaunch *DNSNameOptions
	TagSet                        []Tag
}

// DNSNameOptions say how instances are named.
type DNSNameOptions struct {
	HostnameType                    *string
	EnableResourceNameDnsARecord    bool
	EnableResourceNameDnsAAAARecord bool
}

func (s *Service) showSubnet(t tx, id string, r *SubnetRecord) Subnet {
	hostname := r.HostnameType
	if hostname == "" {
		hostname = "ip-name"
	}
	return Subnet{
		SubnetId: &id, SubnetArn: aws.String(arn.Make("ec2", t.Region, t.Account, "subnet/"+id)), VpcId: aws.String(r.VPC), OwnerId: aws.String(t.Account),
		State: aws.String("available"), CidrBlock: aws.String(r.CIDR), Ipv6CidrBlockAssociationSet: []struct{}{},
		AvailableIpAddressCount: s.freeAddresses(t, id, r),
		AvailabilityZone:        aws.String(zoneName(t.Region, r.Zone)), AvailabilityZoneId: aws.String(zoneID(t.Region, r.Zone)),
		DefaultForAz: r.Default, MapPublicIpOnLaunch: r.PublicIP, AssignIpv6AddressOnCreation: r.IPv6OnCreation, EnableDns64: r.DNS64,
		PrivateDnsNameOptionsOnLaunch: &DNSNameOptions{&hostname, r.ResourceA, r.ResourceAAAA},
		TagSet:                        showTags(t, id),
	}
}

// freeAddresses: AWS keeps five addresses of each subnet for itself.
func (s *Service) freeAddresses(t tx, id string, r *SubnetRecord) int32 {
	p, err := netip.ParsePrefix(r.CIDR)
	if err != nil {
		return 0
	}
	free := int32(1)<<(32-p.Bits()) - 5
	for _, i := range s.interfaces(t) {
		if i.Subnet == id {
			free--
		}
	}
	return max(free, 0)
}

// CreateSubnetInput describes a subnet.
type CreateSubnetInput struct {
	VpcId              *string
	CidrBlock          *string
	AvailabilityZone   *string
	AvailabilityZoneId *string
	Ipv6CidrBlock      *string
	Ipv6Native         *bool
	TagSpecifications  []TagSpecification `wire:"TagSpecification"`
}

// CreateSubnetOutput holds the new subnet.
type CreateSubnetOutput struct{ Subnet *Subnet }

// CreateSubnet creates a subnet inside its VPC's range, beside the others.
func (s *Service) CreateSubnet(ctx context.Context, in *CreateSubnetInput) (*CreateSubnetOutput, error) {
	if aws.ToString(in.Ipv6CidrBlock) != "" || aws.ToBool(in.Ipv6Native) {
		return nil, wire.Errorf("UnsupportedOperation", "The network has no IPv6; create the subnet without an IPv6 range.")
	}
	p, err := prefix(in.CidrBlock, "cidrBlock")
	if err != nil {
		return nil, err
	}
	out := &CreateSubnetOutput{}
	return out, s.update(ctx, func(t tx) error {
		v, err := vpcs.get(t, in.VpcId, "vpcId")
		if err != nil {
			return err
		}
		if err := fits(t, *in.VpcId, v, p, *in.CidrBlock); err != nil {
			return err
		}
		zone, err := pickZone(t.Region, in.AvailabilityZone, in.AvailabilityZoneId)
		if err != nil {
			return err
		}
		id := "subnet-" + arn.NewHex(17)
		r := &SubnetRecord{VPC: *in.VpcId, CIDR: p.String(), Zone: zone, ACL: aclOf(t, *in.VpcId), ACLAssociation: "aclassoc-" + arn.NewHex(17)}
		subnets.put(t, id, r)
		if err := specify(t, id, in.TagSpecifications); err != nil {
			return err
		}
		shown := s.showSubnet(t, id, r)
		out.Subnet = &shown
		return nil
	})
}

// fits checks the range of a new subnet.
func fits(t tx, vpc string, v *VPCRecord, p netip.Prefix, text string) error {
	whole, err := netip.ParsePrefix(v.CIDR)
	if err != nil || p.Bits() < 16 || p.Bits() > 28 || p.Bits() < whole.Bits() || !whole.Contains(p.Addr()) {
		return wire.Errorf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", text)
	}
	taken := subnets.any(t, func(r *SubnetRecord) bool {
		other, err := netip.ParsePrefix(r.CIDR)
		return err == nil && r.VPC == vpc && other.Overlaps(p)
	})
	if taken {
		return wire.Errorf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", text)
	}
	return nil
}

// pickZone finds the zone that a client names; without a name it is the first.
func pickZone(region string, name, id *string) (int, error) {
	want := aws.ToString(name)
	if want == "" {
		want = aws.ToString(id)
	}
	if want == "" {
		return 0, nil
	}
	i, ok := zoneIndex(region, want)
	if !ok {
		return 0, badValue(want, "availabilityZone", "Subnets can currently only be created in the following availability zones: "+
			zoneName(region, 0)+", "+zoneName(region, 1)+", "+zoneName(region, 2)+".")
	}
	return i, nil
}

// DescribeSubnetsInput selects subnets.
type DescribeSubnetsInput struct {
	SubnetIds  []string `wire:"SubnetId"`
	Filters    []Filter `wire:"Filter"`
	MaxResults *int32
	NextToken  *string
}

// DescribeSubnetsOutput holds subnets.
type DescribeSubnetsOutput struct {
	Subnets   []Subnet `wire:"subnetSet"`
	NextToken *string
}

// DescribeSubnets lists subnets.
func (s *Service) DescribeSubnets(ctx context.Context, in *DescribeSubnetsInput) (*DescribeSubnetsOutput, error) {
	out := &DescribeSubnetsOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		out.Subnets, out.NextToken, err = list(t, &subnets, query{in.SubnetIds, in.Filters, in.MaxResults, in.NextToken}, func(id string, r *SubnetRecord) Subnet { return s.showSubnet(t, id, r) })
		return err
	})
}

// ModifySubnetAttributeInput holds the attribute to change.
type ModifySubnetAttributeInput struct {
	SubnetId                                *string
	MapPublicIpOnLaunch                     *Bool
	AssignIpv6AddressOnCreation             *Bool
	EnableDns64                             *Bool
	EnableResourceNameDnsARecordOnLaunch    *Bool
	EnableResourceNameDnsAAAARecordOnLaunch *Bool
	PrivateDnsHostnameTypeOnLaunch          *string
}

// ModifySubnetAttribute changes an attribute of a subnet.
func (s *Service) ModifySubnetAttribute(ctx context.Context, in *ModifySubnetAttributeInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		return subnets.change(t, in.SubnetId, "subnetId", func(r *SubnetRecord) error {
			set(&r.PublicIP, in.MapPublicIpOnLaunch)
			set(&r.IPv6OnCreation, in.AssignIpv6AddressOnCreation)
			set(&r.DNS64, in.EnableDns64)
			set(&r.ResourceA, in.EnableResourceNameDnsARecordOnLaunch)
			set(&r.ResourceAAAA, in.EnableResourceNameDnsAAAARecordOnLaunch)
			if in.PrivateDnsHostnameTypeOnLaunch != nil {
				r.HostnameType = *in.PrivateDnsHostnameTypeOnLaunch
			}
			return nil
		})
	}))
}

// DeleteSubnetInput names a subnet.
type DeleteSubnetInput struct{ SubnetId *string }

// DeleteSubnet deletes a subnet in which nothing has an address.
func (s *Service) DeleteSubnet(ctx context.Context, in *DeleteSubnetInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		if _, err := subnets.get(t, in.SubnetId, "subnetId"); err != nil {
			return err
		}
		id := *in.SubnetId
		for _, i := range s.interfaces(t) {
			if i.Subnet == id {
				return dependency("subnet", id)
			}
		}
		unassociate(t, id)
		subnets.drop(t, id)
		return nil
	}))
}

// unassociate takes a subnet out of the route tables.
func unassociate(t tx, subnet string) {
	changed := map[string]*routeTable{}
	routeTables.each(t, func(id string, r *routeTable) bool {
		for i, a := range r.Associations {
			if a.Subnet == subnet {
				changed[id] = r.without(i)
			}
		}
		return true
	})
	for id, r := range changed {
		routeTables.put(t, id, r)
	}
}

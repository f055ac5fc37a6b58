package ec2

import (
	"context"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// VPCRecord is a VPC as it is kept.
type VPCRecord struct {
	CIDR         string
	Default      bool
	Tenancy      string // "" means default
	DNSSupport   bool
	DNSHostnames bool
	UsageMetrics bool
}

var vpcs = kind[VPCRecord]{Table: store.NewTable[VPCRecord]("ec2.vpc"), code: "InvalidVpcID.NotFound", noun: "vpc ID"}

func init() { vpcs.values = vpcValues }

func vpcValues(t tx, id string, v *VPCRecord, filter string) ([]string, bool) {
	switch filter {
	case "vpc-id":
		return one(id)
	case "cidr", "cidr-block", "cidrBlock", "cidr-block-association.cidr-block":
		return one(v.CIDR)
	case "is-default", "isDefault":
		return yesno(v.Default)
	case "state", "cidr-block-association.state":
		return []string{"available", "associated"}, true
	case "owner-id":
		return one(t.Account)
	case "dhcp-options-id":
		return one(dhcpOptions)
	}
	return nil, false
}

// dhcpOptions is the one set of DHCP options, AWS's own.
const dhcpOptions = "dopt-00000000000000000"

// VPC is a VPC in an answer.
type VPC struct {
	VpcId                   *string
	OwnerId                 *string
	State                   *string
	CidrBlock               *string
	CidrBlockAssociationSet []CIDRAssociation
	DhcpOptionsId           *string
	InstanceTenancy         *string
	IsDefault               bool
	TagSet                  []Tag
}

// CIDRAssociation ties a range to a VPC.
type CIDRAssociation struct {
	AssociationId  *string
	CidrBlock      *string
	CidrBlockState *CIDRState
}

// CIDRState is the state of such a tie.
type CIDRState struct{ State *string }

func (s *Service) showVPC(t tx, id string, v *VPCRecord) VPC {
	tenancy := v.Tenancy
	if tenancy == "" {
		tenancy = "default"
	}
	return VPC{
		VpcId: &id, OwnerId: aws.String(t.Account), State: aws.String("available"), CidrBlock: aws.String(v.CIDR),
		CidrBlockAssociationSet: []CIDRAssociation{{
			AssociationId: aws.String(s.derived("vpc-cidr-assoc", t.Scope, id)), CidrBlock: aws.String(v.CIDR), CidrBlockState: &CIDRState{aws.String("associated")},
		}},
		DhcpOptionsId: aws.String(dhcpOptions), InstanceTenancy: &tenancy, IsDefault: v.Default, TagSet: showTags(t, id),
	}
}

// makeVPC keeps a VPC and what AWS makes with it: the main route table, whose
// id it returns, the default security group and the default network ACL.
func (s *Service) makeVPC(t tx, id string, v VPCRecord) (main string) {
	vpcs.put(t, id, &v)
	main = s.derived("rtb", t.Scope, id)
	routeTables.put(t, main, &routeTable{VPC: id, Associations: []association{{ID: s.derived("rtbassoc", t.Scope, id), Main: true}}})
	sg := s.derived("sg", t.Scope, id)
	groups.put(t, sg, &group{VPC: id, Name: "default", Description: "default VPC security group", Rules: []rule{
		{ID: s.derived("sgr", t.Scope, id, "in"), Protocol: "-1", From: -1, To: -1, Group: sg},
		{ID: s.derived("sgr", t.Scope, id, "out"), Egress: true, Protocol: "-1", From: -1, To: -1, IPv4: "0.0.0.0/0"},
	}})
	acls.put(t, s.derived("acl", t.Scope, id), &acl{VPC: id, Default: true, Entries: []aclEntry{
		{Number: 100, Protocol: "-1", Action: "allow", CIDR: "0.0.0.0/0"},
		{Number: 100, Protocol: "-1", Action: "allow", CIDR: "0.0.0.0/0", Egress: true},
	}})
	return main
}

// prefix reads a CIDR block of IPv4 and makes its address the network's.
func prefix(text *string, parameter string) (netip.Prefix, error) {
	if text == nil {
		return netip.Prefix{}, missing(parameter)
	}
	p, err := netip.ParsePrefix(*text)
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, badValue(*text, parameter, "This is not a valid CIDR block.")
	}
	return p.Masked(), nil
}

// CreateVpcInput describes a VPC.
type CreateVpcInput struct {
	CidrBlock                   *string
	InstanceTenancy             *string
	AmazonProvidedIpv6CidrBlock *bool
	TagSpecifications           []TagSpecification `wire:"TagSpecification"`
}

// CreateVpcOutput holds the new VPC.
type CreateVpcOutput struct{ Vpc *VPC }

// CreateVpc creates a VPC of /16 to /28.
func (s *Service) CreateVpc(ctx context.Context, in *CreateVpcInput) (*CreateVpcOutput, error) {
	p, err := prefix(in.CidrBlock, "cidrBlock")
	if err != nil {
		return nil, err
	}
	if p.Bits() < 16 || p.Bits() > 28 {
		return nil, wire.Errorf("InvalidVpc.Range", "The CIDR '%s' is invalid.", *in.CidrBlock)
	}
	if aws.ToBool(in.AmazonProvidedIpv6CidrBlock) {
		return nil, wire.Errorf("UnsupportedOperation", "The network has no IPv6; create the VPC without AmazonProvidedIpv6CidrBlock.")
	}
	out := &CreateVpcOutput{}
	return out, s.update(ctx, func(t tx) error {
		id := "vpc-" + arn.NewHex(17)
		s.makeVPC(t, id, VPCRecord{CIDR: p.String(), Tenancy: aws.ToString(in.InstanceTenancy), DNSSupport: true})
		if err := specify(t, id, in.TagSpecifications); err != nil {
			return err
		}
		v, err := vpcs.get(t, &id, "vpcId")
		if err != nil {
			return err
		}
		shown := s.showVPC(t, id, v)
		out.Vpc = &shown
		return nil
	})
}

// DescribeVpcsInput selects VPCs.
type DescribeVpcsInput struct {
	VpcIds     []string `wire:"VpcId"`
	Filters    []Filter `wire:"Filter"`
	MaxResults *int32
	NextToken  *string
}

// DescribeVpcsOutput holds VPCs.
type DescribeVpcsOutput struct {
	Vpcs      []VPC `wire:"vpcSet"`
	NextToken *string
}

// DescribeVpcs lists VPCs.
func (s *Service) DescribeVpcs(ctx context.Context, in *DescribeVpcsInput) (out *DescribeVpcsOutput, err error) {
	out = &DescribeVpcsOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		out.Vpcs, out.NextToken, err = list(t, &vpcs, query{in.VpcIds, in.Filters, in.MaxResults, in.NextToken}, func(id string, v *VPCRecord) VPC { return s.showVPC(t, id, v) })
		return err
	})
}

// DeleteVpcInput names a VPC.
type DeleteVpcInput struct{ VpcId *string }

// DeleteVpc deletes an empty VPC, with what AWS made with it.
func (s *Service) DeleteVpc(ctx context.Context, in *DeleteVpcInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		if _, err := vpcs.get(t, in.VpcId, "vpcId"); err != nil {
			return err
		}
		id := *in.VpcId
		if s.vpcInUse(t, id) {
			return dependency("vpc", id)
		}
		var gone []string
		groups.each(t, func(g string, r *group) bool {
			if r.VPC == id {
				gone = append(gone, g)
			}
			return true
		})
		for _, g := range gone {
			groups.drop(t, g)
		}
		routeTables.drop(t, mainTable(t, id))
		acls.drop(t, aclOf(t, id))
		vpcs.drop(t, id)
		return nil
	}))
}

// vpcInUse says whether anything but the defaults is left in a VPC.
func (s *Service) vpcInUse(t tx, id string) bool {
	return subnets.any(t, func(r *SubnetRecord) bool { return r.VPC == id }) ||
		gateways.any(t, func(r *gateway) bool { return r.VPC == id }) ||
		groups.any(t, func(r *group) bool { return r.VPC == id && r.Name != "default" }) ||
		routeTables.any(t, func(r *routeTable) bool { return r.VPC == id && !r.main() }) ||
		acls.any(t, func(r *acl) bool { return r.VPC == id && !r.Default }) ||
		nats.any(t, func(r *nat) bool { return r.VPC == id && r.live() })
}

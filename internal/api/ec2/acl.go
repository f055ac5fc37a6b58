package ec2

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// acl is a network ACL as it is kept; which subnets use it is in their records.
type acl struct {
	VPC     string
	Default bool
	Entries []aclEntry
}

// aclEntry is one rule, by number and direction.
type aclEntry struct {
	Number     int32
	Egress     bool
	Protocol   string
	Action     string
	CIDR, IPv6 string
	From, To   *int32
	Type, Code *int32 // of ICMP
}

var acls = kind[acl]{Table: store.NewTable[acl]("ec2.acl"), code: "InvalidNetworkAclID.NotFound", noun: "networkAcl ID"}

func init() { acls.values = aclValues }

func aclValues(t tx, id string, a *acl, filter string) ([]string, bool) {
	switch filter {
	case "network-acl-id", "association.network-acl-id":
		return one(id)
	case "vpc-id":
		return one(a.VPC)
	case "default":
		return yesno(a.Default)
	case "owner-id":
		return one(t.Account)
	case "association.subnet-id", "association.association-id":
		var out []string
		subnets.each(t, func(sub string, r *SubnetRecord) bool {
			if r.ACL == id && filter == "association.subnet-id" {
				out = append(out, sub)
			} else if r.ACL == id {
				out = append(out, r.ACLAssociation)
			}
			return true
		})
		return out, true
	}
	return nil, false
}

// aclOf is the id of the default ACL of a VPC.
func aclOf(t tx, vpc string) (found string) {
	acls.each(t, func(id string, a *acl) bool {
		if a.VPC == vpc && a.Default {
			found = id
		}
		return found == ""
	})
	return found
}

// NetworkAcl is an ACL in an answer.
type NetworkAcl struct {
	NetworkAclId *string
	VpcId        *string
	OwnerId      *string
	IsDefault    bool             `wire:"default"`
	Entries      []AclEntry       `wire:"entrySet"`
	Associations []AclAssociation `wire:"associationSet"`
	TagSet       []Tag
}

// AclEntry is an entry in an answer.
type AclEntry struct {
	RuleNumber    int32
	Protocol      *string
	RuleAction    *string
	Egress        bool
	CidrBlock     *string
	Ipv6CidrBlock *string
	IcmpTypeCode  *IcmpTypeCode
	PortRange     *PortRange
}

// IcmpTypeCode is a type and code of ICMP.
type IcmpTypeCode struct{ Type, Code *int32 }

// PortRange is a range of ports.
type PortRange struct{ From, To *int32 }

// AclAssociation ties an ACL to a subnet.
type AclAssociation struct{ NetworkAclAssociationId, NetworkAclId, SubnetId *string }

// lastEntry is the number of the entry that denies the rest.
const lastEntry = 32767

func showACL(t tx, id string, a *acl) NetworkAcl {
	out := NetworkAcl{NetworkAclId: &id, VpcId: aws.String(a.VPC), OwnerId: aws.String(t.Account), IsDefault: a.Default, Associations: []AclAssociation{}, TagSet: showTags(t, id)}
	entries := slices.Clone(a.Entries)
	for _, egress := range []bool{true, false} {
		entries = append(entries, aclEntry{Number: lastEntry, Egress: egress, Protocol: "-1", Action: "deny", CIDR: "0.0.0.0/0"})
	}
	slices.SortStableFunc(entries, func(x, y aclEntry) int { return cmp.Compare(x.Number, y.Number) })
	for _, e := range entries {
		shown := AclEntry{RuleNumber: e.Number, Protocol: aws.String(e.Protocol), RuleAction: aws.String(e.Action), Egress: e.Egress, CidrBlock: optional(e.CIDR), Ipv6CidrBlock: optional(e.IPv6)}
		if e.From != nil || e.To != nil {
			shown.PortRange = &PortRange{e.From, e.To}
		}
		if e.Type != nil || e.Code != nil {
			shown.IcmpTypeCode = &IcmpTypeCode{e.Type, e.Code}
		}
		out.Entries = append(out.Entries, shown)
	}
	subnets.each(t, func(sub string, r *SubnetRecord) bool {
		if r.ACL == id {
			out.Associations = append(out.Associations, AclAssociation{aws.String(r.ACLAssociation), &id, aws.String(sub)})
		}
		return true
	})
	return out
}

// CreateNetworkAclInput describes an ACL.
type CreateNetworkAclInput struct {
	VpcId             *string
	ClientToken       *string
	TagSpecifications []TagSpecification `wire:"TagSpecification"`
}

// CreateNetworkAclOutput holds the new ACL.
type CreateNetworkAclOutput struct {
	NetworkAcl  *NetworkAcl
	ClientToken *string
}

// CreateNetworkAcl creates an ACL that denies everything.
func (s *Service) CreateNetworkAcl(ctx context.Context, in *CreateNetworkAclInput) (*CreateNetworkAclOutput, error) {
	out := &CreateNetworkAclOutput{ClientToken: in.ClientToken}
	return out, s.update(ctx, func(t tx) error {
		if _, err := vpcs.get(t, in.VpcId, "vpcId"); err != nil {
			return err
		}
		id, made := acls.fresh(t, "acl", in.ClientToken)
		if !made {
			acls.put(t, id, &acl{VPC: *in.VpcId})
			if err := specify(t, id, in.TagSpecifications); err != nil {
				return err
			}
		}
		a, err := acls.get(t, &id, "networkAclId")
		if err == nil {
			shown := showACL(t, id, a)
			out.NetworkAcl = &shown
		}
		return err
	})
}

// DescribeNetworkAclsInput selects ACLs.
type DescribeNetworkAclsInput struct {
	NetworkAclIds []string `wire:"NetworkAclId"`
	Filters       []Filter `wire:"Filter"`
	MaxResults    *int32
	NextToken     *string
}

// DescribeNetworkAclsOutput holds ACLs.
type DescribeNetworkAclsOutput struct {
	NetworkAcls []NetworkAcl `wire:"networkAclSet"`
	NextToken   *string
}

// DescribeNetworkAcls lists ACLs.
func (s *Service) DescribeNetworkAcls(ctx context.Context, in *DescribeNetworkAclsInput) (*DescribeNetworkAclsOutput, error) {
	out := &DescribeNetworkAclsOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		out.NetworkAcls, out.NextToken, err = list(t, &acls, query{in.NetworkAclIds, in.Filters, in.MaxResults, in.NextToken}, func(id string, a *acl) NetworkAcl { return showACL(t, id, a) })
		return err
	})
}

// DeleteNetworkAclInput names an ACL.
type DeleteNetworkAclInput struct{ NetworkAclId *string }

// DeleteNetworkAcl deletes an ACL that no subnet uses.
func (s *Service) DeleteNetworkAcl(ctx context.Context, in *DeleteNetworkAclInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		a, err := acls.get(t, in.NetworkAclId, "networkAclId")
		if err != nil {
			return err
		}
		if a.Default {
			return wire.Errorf("InvalidParameterValue", "cannot delete default network ACL %s", *in.NetworkAclId)
		}
		if subnets.any(t, func(r *SubnetRecord) bool { return r.ACL == *in.NetworkAclId }) {
			return dependency("networkAcl", *in.NetworkAclId)
		}
		acls.drop(t, *in.NetworkAclId)
		return nil
	}))
}

// ReplaceNetworkAclAssociationInput names an association and its new ACL.
type ReplaceNetworkAclAssociationInput struct{ AssociationId, NetworkAclId *string }

// ReplaceNetworkAclAssociationOutput names the new association.
type ReplaceNetworkAclAssociationOutput struct{ NewAssociationId *string }

// ReplaceNetworkAclAssociation gives a subnet another ACL.
func (s *Service) ReplaceNetworkAclAssociation(ctx context.Context, in *ReplaceNetworkAclAssociationInput) (*ReplaceNetworkAclAssociationOutput, error) {
	id := "aclassoc-" + arn.NewHex(17)
	return &ReplaceNetworkAclAssociationOutput{&id}, s.update(ctx, func(t tx) error {
		a, err := acls.get(t, in.NetworkAclId, "networkAclId")
		if err != nil {
			return err
		}
		subnet := ""
		subnets.each(t, func(sub string, r *SubnetRecord) bool {
			if r.ACLAssociation == aws.ToString(in.AssociationId) {
				subnet = sub
			}
			return subnet == ""
		})
		if subnet == "" {
			return noAssociation(in.AssociationId)
		}
		return subnets.change(t, &subnet, "subnetId", func(r *SubnetRecord) error {
			if r.VPC != a.VPC {
				return wire.Errorf("InvalidParameterValue", "Network ACL %s and subnet %s belong to different networks", *in.NetworkAclId, subnet)
			}
			r.ACL, r.ACLAssociation = *in.NetworkAclId, id
			return nil
		})
	})
}

package ec2

import (
	"context"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// nat is a NAT gateway as it is kept. A deleted one stays visible for an hour,
// as in AWS.
type nat struct {
	VPC, Subnet      string
	Private          bool
	Allocation       string // of its address
	PublicIP         string
	PrivateIP        string
	Interface        string
	Created, Deleted time.Time
}

func (n *nat) live() bool { return n.Deleted.IsZero() }

func (n *nat) state() string {
	if n.live() {
		return "available"
	}
	return "deleted"
}

var nats = kind[nat]{Table: store.NewTable[nat]("ec2.nat"), code: "NatGatewayNotFound", noun: "NAT gateway"}

func init() { nats.values = natValues }

func natValues(_ tx, id string, n *nat, filter string) ([]string, bool) {
	switch filter {
	case "nat-gateway-id":
		return one(id)
	case "subnet-id":
		return one(n.Subnet)
	case "vpc-id":
		return one(n.VPC)
	case "state":
		return one(n.state())
	}
	return nil, false
}

// NatGateway is a gateway in an answer.
type NatGateway struct {
	NatGatewayId     *string
	VpcId            *string
	SubnetId         *string
	State            *string
	ConnectivityType *string
	CreateTime       *time.Time
	DeleteTime       *time.Time
	Addresses        []NatAddress `wire:"natGatewayAddressSet"`
	TagSet           []Tag
}

// NatAddress is an address of a NAT gateway.
type NatAddress struct {
	AllocationId, PublicIp, PrivateIp, NetworkInterfaceId, Status *string
	IsPrimary                                                     bool
}

func showNAT(t tx, id string, n *nat) NatGateway {
	out := NatGateway{
		NatGatewayId: &id, VpcId: aws.String(n.VPC), SubnetId: aws.String(n.Subnet), State: aws.String(n.state()), ConnectivityType: aws.String("public"),
		CreateTime: &n.Created, TagSet: showTags(t, id),
		Addresses: []NatAddress{{
			AllocationId: optional(n.Allocation), PublicIp: optional(n.PublicIP), PrivateIp: optional(n.PrivateIP),
			NetworkInterfaceId: optional(n.Interface), Status: aws.String("succeeded"), IsPrimary: true,
		}},
	}
	if n.Private {
		out.ConnectivityType = aws.String("private")
	}
	if !n.live() {
		out.DeleteTime = &n.Deleted
	}
	return out
}

// CreateNatGatewayInput describes a gateway.
type CreateNatGatewayInput struct {
	SubnetId          *string
	AllocationId      *string
	ConnectivityType  *string
	PrivateIpAddress  *string
	ClientToken       *string
	TagSpecifications []TagSpecification `wire:"TagSpecification"`
}

// CreateNatGatewayOutput holds the new gateway.
type CreateNatGatewayOutput struct {
	ClientToken *string
	NatGateway  *NatGateway
}

// CreateNatGateway creates a gateway; a public one takes an address that was
// allocated before.
func (s *Service) CreateNatGateway(ctx context.Context, in *CreateNatGatewayInput) (*CreateNatGatewayOutput, error) {
	out := &CreateNatGatewayOutput{ClientToken: in.ClientToken}
	return out, s.update(ctx, func(t tx) error {
		sub, err := subnets.get(t, in.SubnetId, "subnetId")
		if err != nil {
			return err
		}
		s.forgetNATs(t)
		id, made := nats.fresh(t, "nat", in.ClientToken)
		if old, ok := nats.Get(t.Tx, t.Key(id)); made && ok {
			shown := showNAT(t, id, old)
			out.NatGateway = &shown
			return nil
		}
		n := &nat{VPC: sub.VPC, Subnet: *in.SubnetId, Private: aws.ToString(in.ConnectivityType) == "private", Interface: "eni-" + arn.NewHex(17), Created: s.now()}
		if n.PrivateIP, err = natIP(sub, in.PrivateIpAddress); err != nil {
			return err
		}
		if !n.Private {
			if err := takeAddress(t, in.AllocationId, id, n); err != nil {
				return err
			}
		}
		nats.put(t, id, n)
		if err := specify(t, id, in.TagSpecifications); err != nil {
			return err
		}
		shown := showNAT(t, id, n)
		out.NatGateway = &shown
		return nil
	})
}

// natIP is the address of a gateway in its subnet: the one asked for, or the
// fifth, the first that AWS does not keep for itself.
func natIP(sub *SubnetRecord, want *string) (string, error) {
	p, err := netip.ParsePrefix(sub.CIDR)
	if err != nil {
		return "", err
	}
	if want == nil {
		a := p.Addr()
		for range 5 {
			a = a.Next()
		}
		return a.String(), nil
	}
	a, err := netip.ParseAddr(*want)
	if err != nil || !p.Contains(a) {
		return "", badValue(*want, "privateIpAddress", "The address is not in the range of the subnet.")
	}
	return *want, nil
}

// takeAddress gives an allocated address to a gateway.
func takeAddress(t tx, allocation *string, id string, n *nat) error {
	return addresses.change(t, allocation, "allocationId", func(a *address) error {
		if a.User != "" {
			return wire.Errorf("Resource.AlreadyAssociated", "Elastic IP address [%s] is already associated", *allocation)
		}
		a.User, a.Interface, a.PrivateIP, a.Association = id, n.Interface, n.PrivateIP, "eipassoc-"+arn.NewHex(17)
		n.Allocation, n.PublicIP = *allocation, a.IP
		return nil
	})
}

// forgetNATs drops gateways that were deleted an hour ago.
func (s *Service) forgetNATs(t tx) {
	var old []string
	nats.each(t, func(id string, n *nat) bool {
		if !n.live() && s.now().Sub(n.Deleted) > time.Hour {
			old = append(old, id)
		}
		return true
	})
	for _, id := range old {
		nats.drop(t, id)
	}
}

// DescribeNatGatewaysInput selects gateways.
type DescribeNatGatewaysInput struct {
	NatGatewayIds []string `wire:"NatGatewayId"`
	Filters       []Filter `wire:"Filter"`
	MaxResults    *int32
	NextToken     *string
}

// DescribeNatGatewaysOutput holds gateways.
type DescribeNatGatewaysOutput struct {
	NatGateways []NatGateway `wire:"natGatewaySet"`
	NextToken   *string
}

// DescribeNatGateways lists gateways.
func (s *Service) DescribeNatGateways(ctx context.Context, in *DescribeNatGatewaysInput) (*DescribeNatGatewaysOutput, error) {
	out := &DescribeNatGatewaysOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		out.NatGateways, out.NextToken, err = list(t, &nats, query{in.NatGatewayIds, in.Filters, in.MaxResults, in.NextToken}, func(id string, n *nat) NatGateway { return showNAT(t, id, n) })
		return err
	})
}

// DeleteNatGatewayInput names a gateway.
type DeleteNatGatewayInput struct{ NatGatewayId *string }

// DeleteNatGatewayOutput names it too.
type DeleteNatGatewayOutput struct{ NatGatewayId *string }

// DeleteNatGateway deletes a gateway and sets its address free.
func (s *Service) DeleteNatGateway(ctx context.Context, in *DeleteNatGatewayInput) (*DeleteNatGatewayOutput, error) {
	return &DeleteNatGatewayOutput{in.NatGatewayId}, s.update(ctx, func(t tx) error {
		return nats.change(t, in.NatGatewayId, "natGatewayId", func(n *nat) error {
			if !n.live() {
				return nats.notFound(*in.NatGatewayId)
			}
			n.Deleted = s.now()
			if n.Allocation == "" {
				return nil
			}
			return addresses.change(t, &n.Allocation, "allocationId", func(a *address) error {
				a.User, a.Interface, a.PrivateIP, a.Association = "", "", "", ""
				return nil
			})
		})
	})
}

package ec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/wire"
)

// Interface is a network interface that someone else owns: a task, a load
// balancer, a NAT gateway.
type Interface struct {
	ID          string // "eni-…"
	Subnet      string
	Groups      []string
	IP          string
	MAC         string
	Description string
	Type        string // "" means interface; also nat_gateway, network_load_balancer
	Requester   string // the service that made it: "578734482556"
	Attachment  string // "" means not attached
	Instance    string // that it is attached to, when there is one
	Created     time.Time
}

// interfaces are all interfaces of a scope.
func (s *Service) interfaces(t tx) []Interface {
	var all []Interface
	if s.o.Interfaces != nil {
		all = s.o.Interfaces(t.Scope)
	}
	nats.each(t, func(id string, n *nat) bool {
		if n.live() {
			all = append(all, Interface{
				ID: n.Interface, Subnet: n.Subnet, IP: n.PrivateIP, Description: "Interface for NAT Gateway " + id, Type: "nat_gateway",
				Attachment: "ela-attach-" + n.Interface[len("eni-"):], Created: n.Created,
			})
		}
		return true
	})
	return all
}

func (s *Service) findInterface(t tx, id string) (Interface, error) {
	for _, i := range s.interfaces(t) {
		if i.ID == id {
			return i, nil
		}
	}
	return Interface{}, wire.Errorf("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
}

// NetworkInterface is an interface in an answer.
type NetworkInterface struct {
	NetworkInterfaceId    *string
	SubnetId              *string
	VpcId                 *string
	AvailabilityZone      *string
	Description           *string
	OwnerId               *string
	RequesterId           *string
	RequesterManaged      bool
	Status                *string
	MacAddress            *string
	PrivateIpAddress      *string
	PrivateDnsName        *string
	SourceDestCheck       bool
	InterfaceType         *string
	GroupSet              []GroupID
	Attachment            *InterfaceAttachment
	Association           *InterfaceAssociation
	PrivateIpAddressesSet []PrivateAddress
	TagSet                []Tag
}

// InterfaceAttachment says what an interface is attached to.
type InterfaceAttachment struct {
	AttachmentId        *string
	InstanceId          *string
	InstanceOwnerId     *string
	DeviceIndex         int32
	Status              *string
	AttachTime          *time.Time
	DeleteOnTermination bool
}

// InterfaceAssociation is the public address of an interface.
type InterfaceAssociation struct{ AllocationId, AssociationId, PublicIp, IpOwnerId *string }

// PrivateAddress is an address of an interface.
type PrivateAddress struct {
	PrivateIpAddress *string
	PrivateDnsName   *string
	Primary          bool
}

func (s *Service) showInterface(t tx, i Interface) NetworkInterface {
	kind := i.Type
	if kind == "" {
		kind = "interface"
	}
	name := dnsName(t.Region, i.IP)
	out := NetworkInterface{
		NetworkInterfaceId: &i.ID, SubnetId: &i.Subnet, Description: &i.Description, OwnerId: aws.String(t.Account), RequesterId: optional(i.Requester), RequesterManaged: true,
		Status: aws.String("available"), MacAddress: optional(i.MAC), PrivateIpAddress: &i.IP, PrivateDnsName: &name, SourceDestCheck: true, InterfaceType: &kind,
		GroupSet: []GroupID{}, PrivateIpAddressesSet: []PrivateAddress{{&i.IP, &name, true}}, TagSet: showTags(t, i.ID),
	}
	if r, ok := subnets.Get(t.Tx, t.Key(i.Subnet)); ok {
		out.VpcId, out.AvailabilityZone = &r.VPC, aws.String(zoneName(t.Region, r.Zone))
	}
	for _, id := range i.Groups {
		pair := GroupID{GroupId: aws.String(id)}
		if g, ok := groups.Get(t.Tx, t.Key(id)); ok {
			pair.GroupName = &g.Name
		}
		out.GroupSet = append(out.GroupSet, pair)
	}
	if i.Attachment != "" {
		out.Status = aws.String("in-use")
		out.Attachment = &InterfaceAttachment{AttachmentId: &i.Attachment, InstanceId: optional(i.Instance), InstanceOwnerId: aws.String(t.Account), DeviceIndex: 1, Status: aws.String("attached"), AttachTime: &i.Created}
	}
	addresses.each(t, func(id string, a *address) bool {
		if a.Interface == i.ID {
			out.Association = &InterfaceAssociation{&id, &a.Association, &a.IP, aws.String(t.Account)}
		}
		return out.Association == nil
	})
	return out
}

// values are what filters compare with.
func (i *NetworkInterface) values(filter string) ([]string, bool) {
	members := map[string]*string{
		"network-interface-id": i.NetworkInterfaceId, "subnet-id": i.SubnetId, "vpc-id": i.VpcId, "availability-zone": i.AvailabilityZone,
		"description": i.Description, "owner-id": i.OwnerId, "requester-id": i.RequesterId, "status": i.Status, "mac-address": i.MacAddress,
		"private-ip-address": i.PrivateIpAddress, "addresses.private-ip-address": i.PrivateIpAddress, "private-dns-name": i.PrivateDnsName, "interface-type": i.InterfaceType,
	}
	if v, ok := members[filter]; ok {
		return one(aws.ToString(v))
	}
	switch filter {
	case "group-id", "group-name":
		var out []string
		for _, g := range i.GroupSet {
			if filter == "group-id" {
				out = append(out, *g.GroupId)
			} else {
				out = append(out, aws.ToString(g.GroupName))
			}
		}
		return out, true
	case "requester-managed":
		return yesno(i.RequesterManaged)
	case "attachment.attachment-id", "attachment.instance-id", "attachment.status", "attachment.instance-owner-id":
		if i.Attachment == nil {
			return nil, true
		}
		return one(aws.ToString(map[string]*string{
			"attachment.attachment-id": i.Attachment.AttachmentId, "attachment.instance-id": i.Attachment.InstanceId,
			"attachment.status": i.Attachment.Status, "attachment.instance-owner-id": i.Attachment.InstanceOwnerId,
		}[filter]))
	case "association.public-ip", "addresses.association.public-ip":
		if i.Association == nil {
			return nil, true
		}
		return one(*i.Association.PublicIp)
	}
	return nil, false
}

// DescribeNetworkInterfacesInput selects interfaces.
type DescribeNetworkInterfacesInput struct {
	NetworkInterfaceIds []string `wire:"NetworkInterfaceId"`
	Filters             []Filter `wire:"Filter"`
	MaxResults          *int32
	NextToken           *string
}

// DescribeNetworkInterfacesOutput holds interfaces.
type DescribeNetworkInterfacesOutput struct {
	NetworkInterfaces []NetworkInterface `wire:"networkInterfaceSet"`
	NextToken         *string
}

// DescribeNetworkInterfaces lists the interfaces of tasks, load balancers and
// NAT gateways.
func (s *Service) DescribeNetworkInterfaces(ctx context.Context, in *DescribeNetworkInterfacesInput) (*DescribeNetworkInterfacesOutput, error) {
	out := &DescribeNetworkInterfacesOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		candidates := s.interfaces(t)
		if len(in.NetworkInterfaceIds) > 0 {
			candidates = nil
			for _, id := range in.NetworkInterfaceIds {
				i, err := s.findInterface(t, id)
				if err != nil {
					return err
				}
				candidates = append(candidates, i)
			}
		}
		all := []NetworkInterface{}
		for _, i := range candidates {
			shown := s.showInterface(t, i)
			ok, err := matches(t, i.ID, in.Filters, shown.values)
			if err != nil {
				return err
			}
			if ok {
				all = append(all, shown)
			}
		}
		out.NetworkInterfaces, out.NextToken, err = pageOf(all, query{max: in.MaxResults, nextToken: in.NextToken})
		return err
	})
}

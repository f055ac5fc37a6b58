package ec2

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// address is an Elastic IP address. It is taken from a range for documentation
// (RFC 5737): nothing on the Internet answers there.
type address struct {
	IP          string
	User        string // the NAT gateway that has it, "" when free
	Interface   string
	PrivateIP   string
	Association string
}

var addresses = kind[address]{Table: store.NewTable[address]("ec2.address"), code: "InvalidAllocationID.NotFound", noun: "allocation ID"}

func init() { addresses.values = addressValues }

func addressValues(_ tx, id string, a *address, filter string) ([]string, bool) {
	switch filter {
	case "allocation-id":
		return one(id)
	case "public-ip":
		return one(a.IP)
	case "domain":
		return one("vpc")
	case "association-id":
		return one(a.Association)
	case "network-interface-id":
		return one(a.Interface)
	case "private-ip-address":
		return one(a.PrivateIP)
	case "instance-id":
		return nil, true
	}
	return nil, false
}

// addressRanges are where addresses come from.
var addressRanges = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("198.51.100.0/24")}

// freeIP is an address that is in use nowhere in the region.
func freeIP(t tx) (string, error) {
	taken := map[string]bool{}
	addresses.each(t, func(_ string, a *address) bool {
		taken[a.IP] = true
		return true
	})
	for _, r := range addressRanges {
		for ip := r.Addr().Next(); r.Contains(ip.Next()); ip = ip.Next() {
			if !taken[ip.String()] {
				return ip.String(), nil
			}
		}
	}
	return "", wire.Errorf("AddressLimitExceeded", "The maximum number of addresses has been reached.")
}

// ElasticAddress finds the address of an allocation, for load balancers. It only
// reads, so that it can be asked inside a transaction.
func (s *Service) ElasticAddress(sc arn.Scope, allocation string) (ip string, ok bool) {
	s.o.Store.View(func(st *store.Tx) {
		if a, found := addresses.Get(st, sc.Key(allocation)); found {
			ip, ok = a.IP, true
		}
	})
	return ip, ok
}

// AllocateAddressInput holds tags; Domain is always vpc.
type AllocateAddressInput struct {
	Domain             *string
	NetworkBorderGroup *string
	TagSpecifications  []TagSpecification `wire:"TagSpecification"`
}

// AllocateAddressOutput holds the address.
type AllocateAddressOutput struct{ PublicIp, AllocationId, PublicIpv4Pool, NetworkBorderGroup, Domain *string }

// AllocateAddress allocates an address.
func (s *Service) AllocateAddress(ctx context.Context, in *AllocateAddressInput) (*AllocateAddressOutput, error) {
	if d := aws.ToString(in.Domain); d != "" && d != "vpc" {
		return nil, badValue(d, "domain", "The domain of addresses is vpc.")
	}
	out := &AllocateAddressOutput{PublicIpv4Pool: aws.String("amazon"), Domain: aws.String("vpc")}
	return out, s.update(ctx, func(t tx) error {
		ip, err := freeIP(t)
		if err != nil {
			return err
		}
		id := "eipalloc-" + arn.NewHex(17)
		addresses.put(t, id, &address{IP: ip})
		out.PublicIp, out.AllocationId, out.NetworkBorderGroup = &ip, &id, aws.String(t.Region)
		return specify(t, id, in.TagSpecifications)
	})
}

// DescribeAddressesInput selects addresses.
type DescribeAddressesInput struct {
	AllocationIds []string `wire:"AllocationId"`
	PublicIps     []string `wire:"PublicIp"`
	Filters       []Filter `wire:"Filter"`
}

// DescribeAddressesOutput holds addresses.
type DescribeAddressesOutput struct {
	Addresses []Address `wire:"addressesSet"`
}

// Address is an address in an answer.
type Address struct {
	PublicIp, AllocationId, Domain, PublicIpv4Pool, NetworkBorderGroup           *string
	AssociationId, NetworkInterfaceId, NetworkInterfaceOwnerId, PrivateIpAddress *string
	TagSet                                                                       []Tag
}

func showAddress(t tx, id string, a *address) Address {
	out := Address{
		PublicIp: aws.String(a.IP), AllocationId: &id, Domain: aws.String("vpc"), PublicIpv4Pool: aws.String("amazon"), NetworkBorderGroup: aws.String(t.Region),
		AssociationId: optional(a.Association), NetworkInterfaceId: optional(a.Interface), PrivateIpAddress: optional(a.PrivateIP), TagSet: showTags(t, id),
	}
	if a.Interface != "" {
		out.NetworkInterfaceOwnerId = aws.String(t.Account)
	}
	return out
}

// DescribeAddresses lists addresses.
func (s *Service) DescribeAddresses(ctx context.Context, in *DescribeAddressesInput) (*DescribeAddressesOutput, error) {
	out := &DescribeAddressesOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		ids := slices.Clone(in.AllocationIds)
		for _, ip := range in.PublicIps {
			id, ok := allocationOf(t, ip)
			if !ok {
				return wire.Errorf("InvalidAddress.NotFound", "Address '%s' not found.", ip)
			}
			ids = append(ids, id)
		}
		out.Addresses, _, err = list(t, &addresses, query{ids: ids, filters: in.Filters}, func(id string, a *address) Address { return showAddress(t, id, a) })
		return err
	})
}

func allocationOf(t tx, ip string) (found string, ok bool) {
	addresses.each(t, func(id string, a *address) bool {
		if a.IP == ip {
			found, ok = id, true
		}
		return !ok
	})
	return found, ok
}

// DescribeAddressesAttributeInput selects addresses; the one attribute is
// domain-name.
type DescribeAddressesAttributeInput struct {
	AllocationIds []string `wire:"AllocationId"`
	Attribute     *string
	MaxResults    *int32
	NextToken     *string
}

// DescribeAddressesAttributeOutput holds attributes.
type DescribeAddressesAttributeOutput struct {
	Addresses []AddressAttribute `wire:"addressSet"`
	NextToken *string
}

// AddressAttribute is an address without a name in DNS.
type AddressAttribute struct{ PublicIp, AllocationId *string }

// DescribeAddressesAttribute tells that addresses have no names.
func (s *Service) DescribeAddressesAttribute(ctx context.Context, in *DescribeAddressesAttributeInput) (*DescribeAddressesAttributeOutput, error) {
	out := &DescribeAddressesAttributeOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		out.Addresses, out.NextToken, err = list(t, &addresses, query{ids: in.AllocationIds, max: in.MaxResults, nextToken: in.NextToken}, func(id string, a *address) AddressAttribute {
			return AddressAttribute{aws.String(a.IP), &id}
		})
		return err
	})
}

// ReleaseAddressInput names an address.
type ReleaseAddressInput struct{ AllocationId, PublicIp, NetworkBorderGroup *string }

// ReleaseAddress gives an address back.
func (s *Service) ReleaseAddress(ctx context.Context, in *ReleaseAddressInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		id := in.AllocationId
		if found, ok := allocationOf(t, aws.ToString(in.PublicIp)); ok && aws.ToString(id) == "" {
			id = &found
		}
		a, err := addresses.get(t, id, "allocationId")
		if err != nil {
			return err
		}
		if a.User != "" {
			return wire.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", a.IP)
		}
		addresses.drop(t, *id)
		return nil
	}))
}

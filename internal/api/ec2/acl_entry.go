package ec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/wire"
)

// AclEntryInput describes an entry.
type AclEntryInput struct {
	NetworkAclId  *string
	RuleNumber    *int32
	Protocol      *string
	RuleAction    *string
	Egress        *bool
	CidrBlock     *string
	Ipv6CidrBlock *string
	IcmpTypeCode  *IcmpTypeCode `wire:"Icmp"`
	PortRange     *PortRange
}

func (in *AclEntryInput) entry() (aclEntry, error) {
	e := aclEntry{
		Number: aws.ToInt32(in.RuleNumber), Egress: aws.ToBool(in.Egress), Protocol: aws.ToString(in.Protocol), Action: aws.ToString(in.RuleAction),
		CIDR: aws.ToString(in.CidrBlock), IPv6: aws.ToString(in.Ipv6CidrBlock),
	}
	if in.PortRange != nil {
		e.From, e.To = in.PortRange.From, in.PortRange.To
	}
	if in.IcmpTypeCode != nil {
		e.Type, e.Code = in.IcmpTypeCode.Type, in.IcmpTypeCode.Code
	}
	switch {
	case e.Number < 1 || e.Number >= lastEntry:
		return e, wire.Errorf("InvalidParameterValue", "Value for parameter ruleNumber must be from 1 to %d", lastEntry-1)
	case e.Action != "allow" && e.Action != "deny":
		return e, badValue(e.Action, "ruleAction", "It must be allow or deny.")
	case e.Protocol == "":
		return e, missing("protocol")
	case e.CIDR == "" && e.IPv6 == "":
		return e, missing("cidrBlock")
	}
	return e, nil
}

func (a *acl) find(number int32, egress bool) int {
	return slices.IndexFunc(a.Entries, func(e aclEntry) bool { return e.Number == number && e.Egress == egress })
}

// CreateNetworkAclEntry adds an entry.
func (s *Service) CreateNetworkAclEntry(ctx context.Context, in *AclEntryInput) (*Ok, error) {
	e, err := in.entry()
	if err != nil {
		return nil, err
	}
	return done(s.update(ctx, func(t tx) error {
		return acls.change(t, in.NetworkAclId, "networkAclId", func(a *acl) error {
			if a.find(e.Number, e.Egress) >= 0 {
				return wire.Errorf("NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", e.Number)
			}
			a.Entries = append(slices.Clone(a.Entries), e)
			return nil
		})
	}))
}

func noEntry(number *int32, id *string) error {
	return wire.Errorf("InvalidNetworkAclEntry.NotFound", "no network acl entry with rule-number %d in network ACL %s", aws.ToInt32(number), *id)
}

// ReplaceNetworkAclEntry changes an entry.
func (s *Service) ReplaceNetworkAclEntry(ctx context.Context, in *AclEntryInput) (*Ok, error) {
	e, err := in.entry()
	if err != nil {
		return nil, err
	}
	return done(s.update(ctx, func(t tx) error {
		return acls.change(t, in.NetworkAclId, "networkAclId", func(a *acl) error {
			i := a.find(e.Number, e.Egress)
			if i < 0 {
				return noEntry(in.RuleNumber, in.NetworkAclId)
			}
			a.Entries = slices.Clone(a.Entries)
			a.Entries[i] = e
			return nil
		})
	}))
}

// DeleteNetworkAclEntryInput names an entry.
type DeleteNetworkAclEntryInput struct {
	NetworkAclId *string
	RuleNumber   *int32
	Egress       *bool
}

// DeleteNetworkAclEntry removes an entry.
func (s *Service) DeleteNetworkAclEntry(ctx context.Context, in *DeleteNetworkAclEntryInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		return acls.change(t, in.NetworkAclId, "networkAclId", func(a *acl) error {
			i := a.find(aws.ToInt32(in.RuleNumber), aws.ToBool(in.Egress))
			if i < 0 {
				return noEntry(in.RuleNumber, in.NetworkAclId)
			}
			a.Entries = slices.Delete(slices.Clone(a.Entries), i, i+1)
			return nil
		})
	}))
}

package ec2

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// group is a security group as it is kept.
type group struct {
	VPC, Name, Description string
	Rules                  []rule
}

var groups = kind[group]{Table: store.NewTable[group]("ec2.group"), code: "InvalidGroup.NotFound", noun: "security group"}

func init() { groups.values = groupValues }

func groupValues(t tx, id string, g *group, filter string) ([]string, bool) {
	switch filter {
	case "group-id":
		return one(id)
	case "group-name":
		return one(g.Name)
	case "description":
		return one(g.Description)
	case "vpc-id":
		return one(g.VPC)
	case "owner-id":
		return one(t.Account)
	}
	field, egress := strings.CutPrefix(filter, "egress.")
	field, found := strings.CutPrefix(field, "ip-permission.")
	if !found {
		return nil, false
	}
	var out []string
	for i := range g.Rules {
		if r := &g.Rules[i]; r.Egress == egress {
			v, known := r.value(field)
			if !known {
				return nil, false
			}
			out = append(out, v)
		}
	}
	return out, true
}

// SecurityGroup is a group in an answer.
type SecurityGroup struct {
	GroupId             *string
	GroupName           *string
	Description         *string `wire:"groupDescription"`
	OwnerId             *string
	VpcId               *string
	SecurityGroupArn    *string
	IpPermissions       []IpPermission
	IpPermissionsEgress []IpPermission
	TagSet              []Tag
}

func showGroup(t tx, id string, g *group) SecurityGroup {
	return SecurityGroup{
		GroupId: &id, GroupName: aws.String(g.Name), Description: aws.String(g.Description), OwnerId: aws.String(t.Account), VpcId: aws.String(g.VPC),
		SecurityGroupArn: aws.String(arn.Make("ec2", t.Region, t.Account, "security-group/"+id)),
		IpPermissions:    permissions(t, g, false), IpPermissionsEgress: permissions(t, g, true), TagSet: showTags(t, id),
	}
}

// findGroup finds a group by id or, in the default VPC, by name.
func (s *Service) findGroup(t tx, id, name *string) (string, *group, error) {
	if aws.ToString(id) != "" || aws.ToString(name) == "" {
		g, err := groups.get(t, id, "groupId")
		return aws.ToString(id), g, err
	}
	var foundID string
	var found *group
	groups.each(t, func(id string, g *group) bool {
		if g.Name == *name && g.VPC == s.DefaultVPC(t.Scope) {
			foundID, found = id, g
		}
		return found == nil
	})
	if found == nil {
		return "", nil, wire.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC '%s'", *name, s.DefaultVPC(t.Scope))
	}
	return foundID, found, nil
}

// CreateSecurityGroupInput describes a group.
type CreateSecurityGroupInput struct {
	GroupName         *string
	Description       *string `wire:"GroupDescription"`
	VpcId             *string
	TagSpecifications []TagSpecification `wire:"TagSpecification"`
}

// CreateSecurityGroupOutput names the new group.
type CreateSecurityGroupOutput struct {
	GroupId          *string
	SecurityGroupArn *string
	TagSet           []Tag
}

// CreateSecurityGroup creates a group that lets everything out and nothing in.
func (s *Service) CreateSecurityGroup(ctx context.Context, in *CreateSecurityGroupInput) (*CreateSecurityGroupOutput, error) {
	name := aws.ToString(in.GroupName)
	switch {
	case name == "":
		return nil, missing("groupName")
	case aws.ToString(in.Description) == "":
		return nil, missing("groupDescription")
	case len(name) > 255 || len(*in.Description) > 255:
		return nil, badValue(name, "groupName", "Names and descriptions have at most 255 characters.")
	case strings.HasPrefix(name, "sg-"):
		return nil, badValue(name, "groupName", "Names must not begin with sg-.")
	}
	out := &CreateSecurityGroupOutput{}
	return out, s.update(ctx, func(t tx) error {
		vpc := aws.ToString(in.VpcId)
		if vpc == "" {
			vpc = s.DefaultVPC(t.Scope)
		}
		if _, err := vpcs.get(t, &vpc, "vpcId"); err != nil {
			return err
		}
		if groups.any(t, func(g *group) bool { return g.VPC == vpc && g.Name == name }) {
			return wire.Errorf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpc)
		}
		id := "sg-" + arn.NewHex(17)
		groups.put(t, id, &group{VPC: vpc, Name: name, Description: *in.Description, Rules: []rule{
			{ID: "sgr-" + arn.NewHex(17), Egress: true, Protocol: "-1", From: -1, To: -1, IPv4: "0.0.0.0/0"},
		}})
		if err := specify(t, id, in.TagSpecifications); err != nil {
			return err
		}
		out.GroupId, out.SecurityGroupArn = &id, aws.String(arn.Make("ec2", t.Region, t.Account, "security-group/"+id))
		out.TagSet = showTags(t, id)
		return nil
	})
}

// DescribeSecurityGroupsInput selects groups.
type DescribeSecurityGroupsInput struct {
	GroupIds   []string `wire:"GroupId"`
	GroupNames []string `wire:"GroupName"`
	Filters    []Filter `wire:"Filter"`
	MaxResults *int32
	NextToken  *string
}

// DescribeSecurityGroupsOutput holds groups.
type DescribeSecurityGroupsOutput struct {
	SecurityGroups []SecurityGroup `wire:"securityGroupInfo"`
	NextToken      *string
}

// DescribeSecurityGroups lists groups; names are those of the default VPC.
func (s *Service) DescribeSecurityGroups(ctx context.Context, in *DescribeSecurityGroupsInput) (*DescribeSecurityGroupsOutput, error) {
	out := &DescribeSecurityGroupsOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		ids := in.GroupIds
		for _, name := range in.GroupNames {
			id, _, err := s.findGroup(t, nil, &name)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		out.SecurityGroups, out.NextToken, err = list(t, &groups, query{ids, in.Filters, in.MaxResults, in.NextToken}, func(id string, g *group) SecurityGroup { return showGroup(t, id, g) })
		return err
	})
}

// DeleteSecurityGroupInput names a group.
type DeleteSecurityGroupInput struct{ GroupId, GroupName *string }

// DeleteSecurityGroupOutput says which group is gone.
type DeleteSecurityGroupOutput struct {
	Return  bool
	GroupId *string
}

// DeleteSecurityGroup deletes a group that no interface and no rule refers to.
func (s *Service) DeleteSecurityGroup(ctx context.Context, in *DeleteSecurityGroupInput) (*DeleteSecurityGroupOutput, error) {
	out := &DeleteSecurityGroupOutput{Return: true}
	return out, s.update(ctx, func(t tx) error {
		id, g, err := s.findGroup(t, in.GroupId, in.GroupName)
		if err != nil {
			return err
		}
		if g.Name == "default" {
			return wire.Errorf("CannotDelete", "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", id)
		}
		if s.groupInUse(t, id, g) {
			return wire.Errorf("DependencyViolation", "resource %s has a dependent object", id)
		}
		for _, r := range g.Rules {
			tagSets.Delete(t.Tx, t.Key(r.ID))
		}
		groups.drop(t, id)
		out.GroupId = &id
		return nil
	})
}

func (s *Service) groupInUse(t tx, id string, self *group) bool {
	for _, i := range s.interfaces(t) {
		for _, g := range i.Groups {
			if g == id {
				return true
			}
		}
	}
	return groups.any(t, func(g *group) bool {
		if g == self {
			return false
		}
		for _, r := range g.Rules {
			if r.Group == id {
				return true
			}
		}
		return false
	})
}

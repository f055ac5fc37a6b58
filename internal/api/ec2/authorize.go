package ec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/wire"
)

// AuthorizeInput holds rules to add; the members from CidrIp on are the old way
// to give one.
type AuthorizeInput struct {
	GroupId, GroupName         *string
	IpPermissions              []IpPermission
	TagSpecifications          []TagSpecification `wire:"TagSpecification"`
	CidrIp, IpProtocol         *string
	FromPort, ToPort           *int32
	SourceSecurityGroupName    *string
	SourceSecurityGroupOwnerId *string
}

// permissions are the given ones and the one in the old form.
func (in *AuthorizeInput) permissions() []IpPermission {
	if in.IpProtocol == nil && in.SourceSecurityGroupName == nil {
		return in.IpPermissions
	}
	p := IpPermission{IpProtocol: in.IpProtocol, FromPort: in.FromPort, ToPort: in.ToPort}
	if in.IpProtocol == nil {
		p.IpProtocol = aws.String("-1")
	}
	if in.CidrIp != nil {
		p.IpRanges = []IpRange{{CidrIp: in.CidrIp}}
	}
	if in.SourceSecurityGroupName != nil {
		p.Groups = []GroupPair{{GroupName: in.SourceSecurityGroupName}}
	}
	return append(slices.Clone(in.IpPermissions), p)
}

// AuthorizeSecurityGroupIngressInput holds rules for what comes in.
type AuthorizeSecurityGroupIngressInput AuthorizeInput

// AuthorizeSecurityGroupEgressInput holds rules for what goes out.
type AuthorizeSecurityGroupEgressInput struct {
	GroupId                    *string
	IpPermissions              []IpPermission
	TagSpecifications          []TagSpecification `wire:"TagSpecification"`
	CidrIp, IpProtocol         *string
	FromPort, ToPort           *int32
	SourceSecurityGroupName    *string
	SourceSecurityGroupOwnerId *string
}

// RulesOutput holds the new rules.
type RulesOutput struct {
	Return             bool
	SecurityGroupRules []SecurityGroupRule `wire:"securityGroupRuleSet"`
}

// AuthorizeSecurityGroupIngress adds rules for what comes in.
func (s *Service) AuthorizeSecurityGroupIngress(ctx context.Context, in *AuthorizeSecurityGroupIngressInput) (*RulesOutput, error) {
	return s.authorize(ctx, (*AuthorizeInput)(in), false)
}

// AuthorizeSecurityGroupEgress adds rules for what goes out.
func (s *Service) AuthorizeSecurityGroupEgress(ctx context.Context, in *AuthorizeSecurityGroupEgressInput) (*RulesOutput, error) {
	return s.authorize(ctx, &AuthorizeInput{
		GroupId: in.GroupId, IpPermissions: in.IpPermissions, TagSpecifications: in.TagSpecifications, CidrIp: in.CidrIp, IpProtocol: in.IpProtocol,
		FromPort: in.FromPort, ToPort: in.ToPort, SourceSecurityGroupName: in.SourceSecurityGroupName, SourceSecurityGroupOwnerId: in.SourceSecurityGroupOwnerId,
	}, true)
}

// maxRules is AWS's default limit for a group and direction.
const maxRules = 60

func (s *Service) authorize(ctx context.Context, in *AuthorizeInput, egress bool) (*RulesOutput, error) {
	out := &RulesOutput{Return: true, SecurityGroupRules: []SecurityGroupRule{}}
	return out, s.update(ctx, func(t tx) error {
		id, old, err := s.findGroup(t, in.GroupId, in.GroupName)
		if err != nil {
			return err
		}
		add, err := s.rules(t, egress, in.permissions())
		if err != nil {
			return err
		}
		g := *old
		g.Rules = slices.Clone(old.Rules)
		for _, r := range add {
			if slices.ContainsFunc(g.Rules, r.same) {
				return wire.Errorf("InvalidPermission.Duplicate", "the specified rule %q already exists", r.describe())
			}
			g.Rules = append(g.Rules, r)
			if err := specify(t, r.ID, in.TagSpecifications); err != nil {
				return err
			}
			out.SecurityGroupRules = append(out.SecurityGroupRules, showRule(t, id, r))
		}
		if n := len(slices.DeleteFunc(slices.Clone(g.Rules), func(r rule) bool { return r.Egress != egress })); n > maxRules {
			return wire.Errorf("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached: %d", maxRules)
		}
		groups.put(t, id, &g)
		return nil
	})
}

// RevokeInput holds rules to remove, as permissions or by id.
type RevokeInput struct {
	GroupId, GroupName         *string
	IpPermissions              []IpPermission
	SecurityGroupRuleIds       []string `wire:"SecurityGroupRuleId"`
	CidrIp, IpProtocol         *string
	FromPort, ToPort           *int32
	SourceSecurityGroupName    *string
	SourceSecurityGroupOwnerId *string
}

// RevokeSecurityGroupIngressInput names rules for what comes in.
type RevokeSecurityGroupIngressInput RevokeInput

// RevokeSecurityGroupEgressInput names rules for what goes out.
type RevokeSecurityGroupEgressInput struct {
	GroupId                    *string
	IpPermissions              []IpPermission
	SecurityGroupRuleIds       []string `wire:"SecurityGroupRuleId"`
	CidrIp, IpProtocol         *string
	FromPort, ToPort           *int32
	SourceSecurityGroupName    *string
	SourceSecurityGroupOwnerId *string
}

// RevokeSecurityGroupIngress removes rules for what comes in.
func (s *Service) RevokeSecurityGroupIngress(ctx context.Context, in *RevokeSecurityGroupIngressInput) (*Ok, error) {
	return s.revoke(ctx, (*RevokeInput)(in), false)
}

// RevokeSecurityGroupEgress removes rules for what goes out.
func (s *Service) RevokeSecurityGroupEgress(ctx context.Context, in *RevokeSecurityGroupEgressInput) (*Ok, error) {
	return s.revoke(ctx, &RevokeInput{
		GroupId: in.GroupId, IpPermissions: in.IpPermissions, SecurityGroupRuleIds: in.SecurityGroupRuleIds, CidrIp: in.CidrIp, IpProtocol: in.IpProtocol,
		FromPort: in.FromPort, ToPort: in.ToPort, SourceSecurityGroupName: in.SourceSecurityGroupName, SourceSecurityGroupOwnerId: in.SourceSecurityGroupOwnerId,
	}, true)
}

func (s *Service) revoke(ctx context.Context, in *RevokeInput, egress bool) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		id, old, err := s.findGroup(t, in.GroupId, in.GroupName)
		if err != nil {
			return err
		}
		g := *old
		g.Rules = slices.Clone(old.Rules)
		remove := func(match func(rule) bool, missing error) error {
			i := slices.IndexFunc(g.Rules, match)
			if i < 0 {
				return missing
			}
			tagSets.Delete(t.Tx, t.Key(g.Rules[i].ID))
			g.Rules = slices.Delete(g.Rules, i, i+1)
			return nil
		}
		for _, ruleID := range in.SecurityGroupRuleIds {
			if err := remove(func(r rule) bool { return r.ID == ruleID && r.Egress == egress }, noRule(ruleID)); err != nil {
				return err
			}
		}
		legacy := AuthorizeInput{IpPermissions: in.IpPermissions, CidrIp: in.CidrIp, IpProtocol: in.IpProtocol, FromPort: in.FromPort, ToPort: in.ToPort, SourceSecurityGroupName: in.SourceSecurityGroupName}
		if perms := legacy.permissions(); len(perms) > 0 || len(in.SecurityGroupRuleIds) == 0 {
			gone, err := s.rules(t, egress, perms)
			if err != nil {
				return err
			}
			for _, r := range gone {
				if err := remove(r.same, wire.Errorf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")); err != nil {
					return err
				}
			}
		}
		groups.put(t, id, &g)
		return nil
	}))
}

// SecurityGroupRule is a rule in an answer.
type SecurityGroupRule struct {
	SecurityGroupRuleId  *string
	SecurityGroupRuleArn *string
	GroupId              *string
	GroupOwnerId         *string
	IsEgress             bool
	IpProtocol           *string
	FromPort             int32
	ToPort               int32
	CidrIpv4             *string
	CidrIpv6             *string
	PrefixListId         *string
	ReferencedGroupInfo  *ReferencedGroup
	Description          *string
	TagSet               []Tag
}

func showRule(t tx, groupID string, r rule) SecurityGroupRule {
	out := SecurityGroupRule{
		SecurityGroupRuleId: &r.ID, SecurityGroupRuleArn: aws.String(arn.Make("ec2", t.Region, t.Account, "security-group-rule/"+r.ID)),
		GroupId: &groupID, GroupOwnerId: aws.String(t.Account), IsEgress: r.Egress, IpProtocol: &r.Protocol, FromPort: r.From, ToPort: r.To,
		TagSet: showTags(t, r.ID),
	}
	if r.Description != "" {
		out.Description = &r.Description
	}
	switch {
	case r.IPv4 != "":
		out.CidrIpv4 = &r.IPv4
	case r.IPv6 != "":
		out.CidrIpv6 = &r.IPv6
	case r.PrefixList != "":
		out.PrefixListId = &r.PrefixList
	default:
		out.ReferencedGroupInfo = &ReferencedGroup{GroupId: &r.Group, UserId: aws.String(t.Account)}
	}
	return out
}

// DescribeSecurityGroupRulesInput selects rules.
type DescribeSecurityGroupRulesInput struct {
	SecurityGroupRuleIds []string `wire:"SecurityGroupRuleId"`
	Filters              []Filter `wire:"Filter"`
	MaxResults           *int32
	NextToken            *string
}

// DescribeSecurityGroupRulesOutput holds rules.
type DescribeSecurityGroupRulesOutput struct {
	SecurityGroupRules []SecurityGroupRule `wire:"securityGroupRuleSet"`
	NextToken          *string
}

// DescribeSecurityGroupRules lists rules, each by itself.
func (s *Service) DescribeSecurityGroupRules(ctx context.Context, in *DescribeSecurityGroupRulesInput) (*DescribeSecurityGroupRulesOutput, error) {
	out := &DescribeSecurityGroupRulesOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		for _, id := range in.SecurityGroupRuleIds {
			if _, _, ok := findRule(t, id); !ok {
				return noRule(id)
			}
		}
		all := []SecurityGroupRule{}
		groups.each(t, func(id string, g *group) bool {
			for _, r := range g.Rules {
				if len(in.SecurityGroupRuleIds) > 0 && !slices.Contains(in.SecurityGroupRuleIds, r.ID) {
					continue
				}
				var ok bool
				ok, err = matches(t, r.ID, in.Filters, func(f string) ([]string, bool) {
					switch f {
					case "group-id":
						return one(id)
					case "security-group-rule-id":
						return one(r.ID)
					}
					return nil, false
				})
				if ok {
					all = append(all, showRule(t, id, r))
				}
			}
			return err == nil
		})
		if err != nil {
			return err
		}
		out.SecurityGroupRules, out.NextToken, err = pageOf(all, query{max: in.MaxResults, nextToken: in.NextToken})
		return err
	})
}

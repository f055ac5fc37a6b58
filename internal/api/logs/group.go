package logs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwl "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/wire"
)

// retentions are the days that PutRetentionPolicy takes.
var retentions = []int32{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// CreateLogGroup makes a group.
func (s *Service) CreateLogGroup(ctx context.Context, in *cwl.CreateLogGroupInput) (*cwl.CreateLogGroupOutput, error) {
	name, err := group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, "aws/") {
		return nil, invalid("Log groups starting with AWS/ are reserved for AWS.")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	class := in.LogGroupClass
	if class == "" {
		class = types.LogGroupClassStandard
	}
	if !slices.Contains(class.Values(), class) {
		return nil, invalid("1 validation error detected: Value '%s' at 'logGroupClass' failed to satisfy constraint: Member must satisfy enum value set: %v", class, class.Values())
	}
	err = s.logs.CreateGroup(logs.Group{
		Scope: scopeOf(ctx), Name: name, Class: string(class), KMSKey: aws.ToString(in.KmsKeyId),
		Protected: aws.ToBool(in.DeletionProtectionEnabled), Tags: maps.Clone(in.Tags),
	})
	return &cwl.CreateLogGroupOutput{}, asAWS(err)
}

// DeleteLogGroup deletes a group with all it holds.
func (s *Service) DeleteLogGroup(ctx context.Context, in *cwl.DeleteLogGroupInput) (*cwl.DeleteLogGroupOutput, error) {
	name, err := group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	return &cwl.DeleteLogGroupOutput{}, asAWS(s.logs.DeleteGroup(scopeOf(ctx), name))
}

// DescribeLogGroups lists groups by name.
func (s *Service) DescribeLogGroups(ctx context.Context, in *cwl.DescribeLogGroupsInput) (*cwl.DescribeLogGroupsOutput, error) {
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	limit, err := limitOf(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	var found []logs.Group
	for _, g := range s.logs.Groups(scopeOf(ctx)) {
		if wanted(&g, in) {
			found = append(found, g)
		}
	}
	page, next, err := wire.PageBy(found, func(g logs.Group) string { return g.Name }, in.NextToken, limit, 50, 50)
	if err != nil {
		return nil, asAWS(logs.ErrToken)
	}
	out := &cwl.DescribeLogGroupsOutput{LogGroups: []types.LogGroup{}, NextToken: next}
	for _, g := range page {
		out.LogGroups = append(out.LogGroups, s.describe(&g))
	}
	return out, nil
}

// wanted: patterns match anywhere in a name, in any case.
func wanted(g *logs.Group, in *cwl.DescribeLogGroupsInput) bool {
	if in.LogGroupClass != "" && g.Class != string(in.LogGroupClass) {
		return false
	}
	if len(in.LogGroupIdentifiers) > 0 && !slices.ContainsFunc(in.LogGroupIdentifiers, func(id string) bool {
		name, ok := groupInARN(id)
		return id == g.Name || ok && name == g.Name
	}) {
		return false
	}
	return strings.HasPrefix(g.Name, aws.ToString(in.LogGroupNamePrefix)) &&
		strings.Contains(strings.ToLower(g.Name), strings.ToLower(aws.ToString(in.LogGroupNamePattern)))
}

func (s *Service) describe(g *logs.Group) types.LogGroup {
	out := types.LogGroup{
		LogGroupName: &g.Name, LogGroupArn: aws.String(g.ARN()), Arn: aws.String(g.ARN() + ":*"),
		CreationTime: &g.Created, MetricFilterCount: aws.Int32(0), LogGroupClass: types.LogGroupClass(g.Class),
		StoredBytes: aws.Int64(s.logs.StoredBytes(g.Scope, g.Name)), DeletionProtectionEnabled: &g.Protected,
	}
	if g.Retention > 0 {
		out.RetentionInDays = aws.Int32(int32(g.Retention))
	}
	if g.KMSKey != "" {
		out.KmsKeyId = &g.KMSKey
	}
	return out
}

// PutRetentionPolicy says after how many days events expire.
func (s *Service) PutRetentionPolicy(ctx context.Context, in *cwl.PutRetentionPolicyInput) (*cwl.PutRetentionPolicyOutput, error) {
	name, err := group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	days := aws.ToInt32(in.RetentionInDays)
	if !slices.Contains(retentions, days) {
		return nil, invalid("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %v", days, retentions)
	}
	err = s.logs.ChangeGroup(scopeOf(ctx), name, func(g *logs.Group) { g.Retention = int(days) })
	return &cwl.PutRetentionPolicyOutput{}, asAWS(err)
}

// DeleteRetentionPolicy keeps events for ever.
func (s *Service) DeleteRetentionPolicy(ctx context.Context, in *cwl.DeleteRetentionPolicyInput) (*cwl.DeleteRetentionPolicyOutput, error) {
	name, err := group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	err = s.logs.ChangeGroup(scopeOf(ctx), name, func(g *logs.Group) { g.Retention = 0 })
	return &cwl.DeleteRetentionPolicyOutput{}, asAWS(err)
}

// PutLogGroupDeletionProtection switches the protection of a group on or off.
func (s *Service) PutLogGroupDeletionProtection(ctx context.Context, in *cwl.PutLogGroupDeletionProtectionInput) (*cwl.PutLogGroupDeletionProtectionOutput, error) {
	name, err := groupOf(nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	err = s.logs.ChangeGroup(scopeOf(ctx), name, func(g *logs.Group) { g.Protected = aws.ToBool(in.DeletionProtectionEnabled) })
	return &cwl.PutLogGroupDeletionProtectionOutput{}, asAWS(err)
}

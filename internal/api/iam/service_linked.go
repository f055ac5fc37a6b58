package iam

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// linkedNames are what AWS calls the roles of services whose name does not say
// it: AWSServiceRoleFor….
var linkedNames = map[string]string{
	"ecs.amazonaws.com":                         "ECS",
	"elasticloadbalancing.amazonaws.com":        "ElasticLoadBalancing",
	"autoscaling.amazonaws.com":                 "AutoScaling",
	"rds.amazonaws.com":                         "RDS",
	"ecs.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_ECSService",
	"spot.amazonaws.com":                        "EC2Spot",
}

func linkedName(service string) string {
	if n, ok := linkedNames[service]; ok {
		return n
	}
	var b strings.Builder
	for word := range strings.SplitSeq(strings.TrimSuffix(service, ".amazonaws.com"), ".") {
		for part := range strings.SplitSeq(word, "-") {
			if part != "" {
				b.WriteString(strings.ToUpper(part[:1]) + part[1:])
			}
		}
	}
	return b.String()
}

// CreateServiceLinkedRole creates the role that a service acts with.
func (s *Service) CreateServiceLinkedRole(ctx context.Context, in *iam.CreateServiceLinkedRoleInput) (*iam.CreateServiceLinkedRoleOutput, error) {
	h := homeOf(ctx)
	service := aws.ToString(in.AWSServiceName)
	if !strings.HasSuffix(service, ".amazonaws.com") {
		return nil, wire.Errorf("InvalidInput", "Service name %q is not valid: it has the form ecs.amazonaws.com.", service)
	}
	name := "AWSServiceRoleFor" + linkedName(service)
	if in.CustomSuffix != nil {
		name += "_" + *in.CustomSuffix
	}
	if err := checkName("roleName", &name, 64); err != nil {
		return nil, err
	}
	path := "/aws-service-role/" + service + "/"
	trust, err := json.Marshal(map[string]any{
		"Version":   "2012-10-17",
		"Statement": []any{map[string]any{"Action": []string{"sts:AssumeRole"}, "Effect": "Allow", "Principal": map[string]any{"Service": []string{service}}}},
	})
	if err != nil {
		return nil, err
	}
	r := &Role{
		Name: name, Path: path, ID: newID("AROA"), ARN: h.arn("role", path, name), Created: s.now(),
		Trust: string(trust), Description: aws.ToString(in.Description), MaxSession: 3600, Linked: service,
	}
	err = s.store.Update(func(tx *store.Tx) error {
		if _, ok := roles.Get(tx, h.key(name)); ok {
			return wire.Errorf("InvalidInput", "Service role name %s has been taken in this account, please try a different suffix.", name)
		}
		roles.Put(tx, h.key(name), r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateServiceLinkedRoleOutput{Role: r.describe(true)}, nil
}

// DeleteServiceLinkedRole deletes such a role. AWS does it in the background and
// hands out a task to ask about; here it is done at once.
func (s *Service) DeleteServiceLinkedRole(ctx context.Context, in *iam.DeleteServiceLinkedRoleInput) (*iam.DeleteServiceLinkedRoleOutput, error) {
	h := homeOf(ctx)
	out := &iam.DeleteServiceLinkedRoleOutput{}
	return out, s.store.Update(func(tx *store.Tx) error {
		r, err := findRole(tx, h, in.RoleName)
		if err != nil {
			return err
		}
		if r.Linked == "" {
			return wire.Errorf("InvalidInput", "Role %s is not a service-linked role.", r.Name)
		}
		out.DeletionTaskId = aws.String("task" + r.Path + r.Name + "/" + strings.ToLower(newID("")))
		roles.Delete(tx, h.key(r.Name))
		return nil
	})
}

// GetServiceLinkedRoleDeletionStatus tells that a deletion is over.
func (s *Service) GetServiceLinkedRoleDeletionStatus(_ context.Context, in *iam.GetServiceLinkedRoleDeletionStatusInput) (*iam.GetServiceLinkedRoleDeletionStatusOutput, error) {
	if !strings.HasPrefix(aws.ToString(in.DeletionTaskId), "task/aws-service-role/") {
		return nil, noSuch("The deletion task %s cannot be found.", aws.ToString(in.DeletionTaskId))
	}
	return &iam.GetServiceLinkedRoleDeletionStatusOutput{Status: types.DeletionTaskStatusTypeSucceeded}, nil
}

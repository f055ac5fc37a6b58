package iam

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Role is a role of an account.
type Role struct {
	Name, Path, ID, ARN string
	Created             time.Time
	Trust               string // document: who may assume it
	Description         string
	MaxSession          int32 // seconds
	Tags                map[string]string
	Linked              string // the service that a service-linked role belongs to
	Grants
}

var roles = store.NewTable[Role]("iam.role")

func findRole(tx *store.Tx, h home, name *string) (*Role, error) {
	r, ok := roles.Get(tx, h.key(aws.ToString(name)))
	if !ok {
		return nil, noSuch("The role with name %s cannot be found.", aws.ToString(name))
	}
	return r, nil
}

// changeRole runs fn on a copy of a role and keeps the copy. Only AWS changes
// service-linked roles.
func (s *Service) changeRole(ctx context.Context, name *string, fn func(tx *store.Tx, h home, r *Role) error) error {
	h := homeOf(ctx)
	return s.store.Update(func(tx *store.Tx) error {
		old, err := findRole(tx, h, name)
		if err != nil {
			return err
		}
		if old.Linked != "" {
			return protected(old.Name)
		}
		r := *old
		if err := fn(tx, h, &r); err != nil {
			return err
		}
		roles.Put(tx, h.key(r.Name), &r)
		return nil
	})
}

func protected(name string) error {
	return wire.Errorf("UnmodifiableEntity", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", name)
}

// viewRole runs fn on a role.
func (s *Service) viewRole(ctx context.Context, name *string, fn func(tx *store.Tx, h home, r *Role) error) (err error) {
	h := homeOf(ctx)
	s.store.View(func(tx *store.Tx) {
		var r *Role
		if r, err = findRole(tx, h, name); err == nil {
			err = fn(tx, h, r)
		}
	})
	return err
}

// describe is the role in an answer. Tags and the boundary are only in those of
// Create and Get; lists leave them out, as AWS does.
func (r *Role) describe(full bool) *types.Role {
	out := &types.Role{
		Arn:                      &r.ARN,
		CreateDate:               &r.Created,
		Path:                     &r.Path,
		RoleId:                   &r.ID,
		RoleName:                 &r.Name,
		AssumeRolePolicyDocument: encoded(r.Trust),
		MaxSessionDuration:       &r.MaxSession,
	}
	if r.Description != "" {
		out.Description = &r.Description
	}
	if full {
		out.Tags = tagList(r.Tags)
		out.PermissionsBoundary = r.boundary()
		out.RoleLastUsed = &types.RoleLastUsed{}
	}
	return out
}

// CreateRole creates a role.
func (s *Service) CreateRole(ctx context.Context, in *iam.CreateRoleInput) (*iam.CreateRoleOutput, error) {
	h := homeOf(ctx)
	if err := checkName("roleName", in.RoleName, 64); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	if err := checkTrustPolicy(aws.ToString(in.AssumeRolePolicyDocument)); err != nil {
		return nil, err
	}
	r := &Role{
		Name: *in.RoleName, Path: path, ID: newID("AROA"), ARN: h.arn("role", path, *in.RoleName), Created: s.now(),
		Trust: *in.AssumeRolePolicyDocument, Description: aws.ToString(in.Description), MaxSession: 3600,
	}
	if err := r.setMaxSession(in.MaxSessionDuration); err != nil {
		return nil, err
	}
	if r.Tags, err = tagged(nil, in.Tags); err != nil {
		return nil, err
	}
	err = s.store.Update(func(tx *store.Tx) error {
		if _, ok := roles.Get(tx, h.key(r.Name)); ok {
			return exists("Role with name %s already exists.", r.Name)
		}
		if in.PermissionsBoundary != nil {
			if _, err := findPolicy(tx, h, in.PermissionsBoundary); err != nil {
				return err
			}
			r.Boundary = *in.PermissionsBoundary
		}
		roles.Put(tx, h.key(r.Name), r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateRoleOutput{Role: r.describe(true)}, nil
}

func (r *Role) setMaxSession(seconds *int32) error {
	if seconds == nil {
		return nil
	}
	if *seconds < 3600 || *seconds > 43200 {
		return invalid("1 validation error detected: Value '%d' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200", *seconds)
	}
	r.MaxSession = *seconds
	return nil
}

// GetRole describes a role.
func (s *Service) GetRole(ctx context.Context, in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	out := &iam.GetRoleOutput{}
	return out, s.viewRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		out.Role = r.describe(true)
		return nil
	})
}

// ListRoles lists the roles under a path.
func (s *Service) ListRoles(ctx context.Context, in *iam.ListRolesInput) (*iam.ListRolesOutput, error) {
	h := homeOf(ctx)
	var all []types.Role
	s.store.View(func(tx *store.Tx) {
		for _, r := range roles.Prefix(tx, h.key("")) {
			if under(r.Path, in.PathPrefix) {
				all = append(all, *r.describe(false))
			}
		}
	})
	got, err := page(all, func(r types.Role) string { return h.key(*r.RoleName) }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListRolesOutput{Roles: got.items, Marker: got.marker, IsTruncated: got.more()}, nil
}

// UpdateRole changes description and longest session.
func (s *Service) UpdateRole(ctx context.Context, in *iam.UpdateRoleInput) (*iam.UpdateRoleOutput, error) {
	return &iam.UpdateRoleOutput{}, s.changeRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		if in.Description != nil {
			r.Description = *in.Description
		}
		return r.setMaxSession(in.MaxSessionDuration)
	})
}

// UpdateRoleDescription changes the description.
func (s *Service) UpdateRoleDescription(ctx context.Context, in *iam.UpdateRoleDescriptionInput) (*iam.UpdateRoleDescriptionOutput, error) {
	out := &iam.UpdateRoleDescriptionOutput{}
	return out, s.changeRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		r.Description = aws.ToString(in.Description)
		out.Role = r.describe(false)
		return nil
	})
}

// UpdateAssumeRolePolicy changes who may assume a role.
func (s *Service) UpdateAssumeRolePolicy(ctx context.Context, in *iam.UpdateAssumeRolePolicyInput) (*iam.UpdateAssumeRolePolicyOutput, error) {
	if err := checkTrustPolicy(aws.ToString(in.PolicyDocument)); err != nil {
		return nil, err
	}
	return &iam.UpdateAssumeRolePolicyOutput{}, s.changeRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		r.Trust = *in.PolicyDocument
		return nil
	})
}

// DeleteRole deletes a role that has no policies and is in no instance profile.
func (s *Service) DeleteRole(ctx context.Context, in *iam.DeleteRoleInput) (*iam.DeleteRoleOutput, error) {
	h := homeOf(ctx)
	return &iam.DeleteRoleOutput{}, s.store.Update(func(tx *store.Tx) error {
		r, err := findRole(tx, h, in.RoleName)
		if err != nil {
			return err
		}
		if r.Linked != "" {
			return protected(r.Name)
		}
		if len(profilesOf(tx, h, r.Name)) > 0 {
			return conflict("Cannot delete entity, must remove roles from instance profile first.")
		}
		if err := r.deletable(); err != nil {
			return err
		}
		roles.Delete(tx, h.key(r.Name))
		return nil
	})
}

// Role finds a role for STS, and for services that are passed one: its id and
// its longest session.
func (s *Service) Role(account, name string) (id string, longest time.Duration, ok bool) {
	s.store.View(func(tx *store.Tx) {
		var r *Role
		if r, ok = roles.Get(tx, home{account: account}.key(name)); ok {
			id, longest = r.ID, time.Duration(r.MaxSession)*time.Second
		}
	})
	return id, longest, ok
}

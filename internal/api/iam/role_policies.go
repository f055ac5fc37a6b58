package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/grue-ecs/grue/internal/store"
)

// PutRolePolicy adds or replaces an inline policy.
func (s *Service) PutRolePolicy(ctx context.Context, in *iam.PutRolePolicyInput) (*iam.PutRolePolicyOutput, error) {
	if err := checkName("policyName", in.PolicyName, 128); err != nil {
		return nil, err
	}
	if err := checkIdentityPolicy(aws.ToString(in.PolicyDocument)); err != nil {
		return nil, err
	}
	return &iam.PutRolePolicyOutput{}, s.changeRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		r.Grants = r.withInline(*in.PolicyName, *in.PolicyDocument)
		return nil
	})
}

// GetRolePolicy returns an inline policy.
func (s *Service) GetRolePolicy(ctx context.Context, in *iam.GetRolePolicyInput) (*iam.GetRolePolicyOutput, error) {
	out := &iam.GetRolePolicyOutput{PolicyName: in.PolicyName}
	return out, s.viewRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		document, ok := r.Inline[aws.ToString(in.PolicyName)]
		if !ok {
			return noSuch("The role policy with name %s cannot be found.", aws.ToString(in.PolicyName))
		}
		out.RoleName, out.PolicyDocument = &r.Name, encoded(document)
		return nil
	})
}

// DeleteRolePolicy deletes an inline policy.
func (s *Service) DeleteRolePolicy(ctx context.Context, in *iam.DeleteRolePolicyInput) (*iam.DeleteRolePolicyOutput, error) {
	return &iam.DeleteRolePolicyOutput{}, s.changeRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) (err error) {
		r.Grants, err = r.withoutInline("role", aws.ToString(in.PolicyName))
		return err
	})
}

// ListRolePolicies lists the names of the inline policies.
func (s *Service) ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesInput) (*iam.ListRolePoliciesOutput, error) {
	out := &iam.ListRolePoliciesOutput{}
	return out, s.viewRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		got, err := page(r.inlineNames(), itself, in.Marker, in.MaxItems)
		out.PolicyNames, out.Marker, out.IsTruncated = got.items, got.marker, got.more()
		return err
	})
}

// AttachRolePolicy attaches a managed policy.
func (s *Service) AttachRolePolicy(ctx context.Context, in *iam.AttachRolePolicyInput) (*iam.AttachRolePolicyOutput, error) {
	return &iam.AttachRolePolicyOutput{}, s.changeRole(ctx, in.RoleName, func(tx *store.Tx, h home, r *Role) (err error) {
		r.Grants, err = r.attach(tx, h, in.PolicyArn)
		return err
	})
}

// DetachRolePolicy detaches a managed policy.
func (s *Service) DetachRolePolicy(ctx context.Context, in *iam.DetachRolePolicyInput) (*iam.DetachRolePolicyOutput, error) {
	return &iam.DetachRolePolicyOutput{}, s.changeRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) (err error) {
		r.Grants, err = r.detach(in.PolicyArn)
		return err
	})
}

// ListAttachedRolePolicies lists the managed policies.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
	out := &iam.ListAttachedRolePoliciesOutput{}
	return out, s.viewRole(ctx, in.RoleName, func(tx *store.Tx, h home, r *Role) error {
		got, err := page(r.attached(tx, h, in.PathPrefix), attachedKey, in.Marker, in.MaxItems)
		out.AttachedPolicies, out.Marker, out.IsTruncated = got.items, got.marker, got.more()
		return err
	})
}

// PutRolePermissionsBoundary sets the boundary.
func (s *Service) PutRolePermissionsBoundary(ctx context.Context, in *iam.PutRolePermissionsBoundaryInput) (*iam.PutRolePermissionsBoundaryOutput, error) {
	return &iam.PutRolePermissionsBoundaryOutput{}, s.changeRole(ctx, in.RoleName, func(tx *store.Tx, h home, r *Role) error {
		if _, err := findPolicy(tx, h, in.PermissionsBoundary); err != nil {
			return err
		}
		r.Boundary = *in.PermissionsBoundary
		return nil
	})
}

// DeleteRolePermissionsBoundary removes the boundary.
func (s *Service) DeleteRolePermissionsBoundary(ctx context.Context, in *iam.DeleteRolePermissionsBoundaryInput) (*iam.DeleteRolePermissionsBoundaryOutput, error) {
	return &iam.DeleteRolePermissionsBoundaryOutput{}, s.changeRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		r.Boundary = ""
		return nil
	})
}

// TagRole adds tags.
func (s *Service) TagRole(ctx context.Context, in *iam.TagRoleInput) (*iam.TagRoleOutput, error) {
	return &iam.TagRoleOutput{}, s.changeRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) (err error) {
		r.Tags, err = tagged(r.Tags, in.Tags)
		return err
	})
}

// UntagRole removes tags.
func (s *Service) UntagRole(ctx context.Context, in *iam.UntagRoleInput) (*iam.UntagRoleOutput, error) {
	return &iam.UntagRoleOutput{}, s.changeRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		r.Tags = untagged(r.Tags, in.TagKeys)
		return nil
	})
}

// ListRoleTags lists tags.
func (s *Service) ListRoleTags(ctx context.Context, in *iam.ListRoleTagsInput) (*iam.ListRoleTagsOutput, error) {
	out := &iam.ListRoleTagsOutput{}
	return out, s.viewRole(ctx, in.RoleName, func(_ *store.Tx, _ home, r *Role) error {
		got, err := page(tagList(r.Tags), tagKey, in.Marker, in.MaxItems)
		out.Tags, out.Marker, out.IsTruncated = got.items, got.marker, got.more()
		return err
	})
}

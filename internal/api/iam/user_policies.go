package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/grue-ecs/grue/internal/store"
)

// PutUserPolicy adds or replaces an inline policy.
func (s *Service) PutUserPolicy(ctx context.Context, in *iam.PutUserPolicyInput) (*iam.PutUserPolicyOutput, error) {
	if err := checkName("policyName", in.PolicyName, 128); err != nil {
		return nil, err
	}
	if err := checkIdentityPolicy(aws.ToString(in.PolicyDocument)); err != nil {
		return nil, err
	}
	return &iam.PutUserPolicyOutput{}, s.changeUser(ctx, in.UserName, func(_ *store.Tx, _ home, u *User) error {
		u.Grants = u.withInline(*in.PolicyName, *in.PolicyDocument)
		return nil
	})
}

// GetUserPolicy returns an inline policy.
func (s *Service) GetUserPolicy(ctx context.Context, in *iam.GetUserPolicyInput) (*iam.GetUserPolicyOutput, error) {
	out := &iam.GetUserPolicyOutput{PolicyName: in.PolicyName}
	return out, s.viewUser(ctx, in.UserName, func(_ *store.Tx, _ home, u *User) error {
		document, ok := u.Inline[aws.ToString(in.PolicyName)]
		if !ok {
			return noSuch("The user policy with name %s cannot be found.", aws.ToString(in.PolicyName))
		}
		out.UserName, out.PolicyDocument = &u.Name, encoded(document)
		return nil
	})
}

// DeleteUserPolicy deletes an inline policy.
func (s *Service) DeleteUserPolicy(ctx context.Context, in *iam.DeleteUserPolicyInput) (*iam.DeleteUserPolicyOutput, error) {
	return &iam.DeleteUserPolicyOutput{}, s.changeUser(ctx, in.UserName, func(_ *store.Tx, _ home, u *User) (err error) {
		u.Grants, err = u.withoutInline("user", aws.ToString(in.PolicyName))
		return err
	})
}

// ListUserPolicies lists the names of the inline policies.
func (s *Service) ListUserPolicies(ctx context.Context, in *iam.ListUserPoliciesInput) (*iam.ListUserPoliciesOutput, error) {
	out := &iam.ListUserPoliciesOutput{}
	return out, s.viewUser(ctx, in.UserName, func(_ *store.Tx, _ home, u *User) error {
		got, err := page(u.inlineNames(), itself, in.Marker, in.MaxItems)
		out.PolicyNames, out.Marker, out.IsTruncated = got.items, got.marker, got.more()
		return err
	})
}

// AttachUserPolicy attaches a managed policy.
func (s *Service) AttachUserPolicy(ctx context.Context, in *iam.AttachUserPolicyInput) (*iam.AttachUserPolicyOutput, error) {
	return &iam.AttachUserPolicyOutput{}, s.changeUser(ctx, in.UserName, func(tx *store.Tx, h home, u *User) (err error) {
		u.Grants, err = u.attach(tx, h, in.PolicyArn)
		return err
	})
}

// DetachUserPolicy detaches a managed policy.
func (s *Service) DetachUserPolicy(ctx context.Context, in *iam.DetachUserPolicyInput) (*iam.DetachUserPolicyOutput, error) {
	return &iam.DetachUserPolicyOutput{}, s.changeUser(ctx, in.UserName, func(_ *store.Tx, _ home, u *User) (err error) {
		u.Grants, err = u.detach(in.PolicyArn)
		return err
	})
}

// ListAttachedUserPolicies lists the managed policies.
func (s *Service) ListAttachedUserPolicies(ctx context.Context, in *iam.ListAttachedUserPoliciesInput) (*iam.ListAttachedUserPoliciesOutput, error) {
	out := &iam.ListAttachedUserPoliciesOutput{}
	return out, s.viewUser(ctx, in.UserName, func(tx *store.Tx, h home, u *User) error {
		got, err := page(u.attached(tx, h, in.PathPrefix), attachedKey, in.Marker, in.MaxItems)
		out.AttachedPolicies, out.Marker, out.IsTruncated = got.items, got.marker, got.more()
		return err
	})
}

// TagUser adds tags.
func (s *Service) TagUser(ctx context.Context, in *iam.TagUserInput) (*iam.TagUserOutput, error) {
	return &iam.TagUserOutput{}, s.changeUser(ctx, in.UserName, func(_ *store.Tx, _ home, u *User) (err error) {
		u.Tags, err = tagged(u.Tags, in.Tags)
		return err
	})
}

// UntagUser removes tags.
func (s *Service) UntagUser(ctx context.Context, in *iam.UntagUserInput) (*iam.UntagUserOutput, error) {
	return &iam.UntagUserOutput{}, s.changeUser(ctx, in.UserName, func(_ *store.Tx, _ home, u *User) error {
		u.Tags = untagged(u.Tags, in.TagKeys)
		return nil
	})
}

// ListUserTags lists tags.
func (s *Service) ListUserTags(ctx context.Context, in *iam.ListUserTagsInput) (*iam.ListUserTagsOutput, error) {
	out := &iam.ListUserTagsOutput{}
	return out, s.viewUser(ctx, in.UserName, func(_ *store.Tx, _ home, u *User) error {
		got, err := page(tagList(u.Tags), tagKey, in.Marker, in.MaxItems)
		out.Tags, out.Marker, out.IsTruncated = got.items, got.marker, got.more()
		return err
	})
}

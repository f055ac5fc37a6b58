package iam

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/grue-ecs/grue/internal/store"
)

// maxVersions is AWS's limit for a policy.
const maxVersions = 5

func (v *Version) describe(full bool) *types.PolicyVersion {
	out := &types.PolicyVersion{CreateDate: &v.Created, IsDefaultVersion: v.Default, VersionId: &v.ID}
	if full {
		out.Document = encoded(v.Document)
	}
	return out
}

func noVersion(p *Policy, id *string) error {
	return noSuch("Policy %s version %s does not exist or is not attachable.", p.ARN, aws.ToString(id))
}

// setDefault makes one version the default.
func (p *Policy) setDefault(id string) {
	p.Versions = slices.Clone(p.Versions)
	for i := range p.Versions {
		p.Versions[i].Default = p.Versions[i].ID == id
	}
}

// CreatePolicyVersion adds a version; five are the limit.
func (s *Service) CreatePolicyVersion(ctx context.Context, in *iam.CreatePolicyVersionInput) (*iam.CreatePolicyVersionOutput, error) {
	if err := checkIdentityPolicy(aws.ToString(in.PolicyDocument)); err != nil {
		return nil, err
	}
	out := &iam.CreatePolicyVersionOutput{}
	return out, s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *Policy) error {
		if len(p.Versions) >= maxVersions {
			return limit("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		v := Version{ID: "v" + strconv.Itoa(p.Next), Document: *in.PolicyDocument, Created: s.now()}
		p.Next++
		p.Updated = v.Created
		p.Versions = append(slices.Clone(p.Versions), v)
		if in.SetAsDefault {
			p.setDefault(v.ID)
			v.Default = true
		}
		out.PolicyVersion = v.describe(false)
		return nil
	})
}

// GetPolicyVersion returns a version with its document.
func (s *Service) GetPolicyVersion(ctx context.Context, in *iam.GetPolicyVersionInput) (*iam.GetPolicyVersionOutput, error) {
	out := &iam.GetPolicyVersionOutput{}
	return out, s.viewPolicy(ctx, in.PolicyArn, func(_ *store.Tx, _ home, p *Policy) error {
		v, ok := p.version(aws.ToString(in.VersionId))
		if !ok || in.VersionId == nil {
			return noVersion(p, in.VersionId)
		}
		out.PolicyVersion = v.describe(true)
		return nil
	})
}

// ListPolicyVersions lists the versions, the newest first.
func (s *Service) ListPolicyVersions(ctx context.Context, in *iam.ListPolicyVersionsInput) (*iam.ListPolicyVersionsOutput, error) {
	out := &iam.ListPolicyVersionsOutput{Versions: []types.PolicyVersion{}}
	return out, s.viewPolicy(ctx, in.PolicyArn, func(_ *store.Tx, _ home, p *Policy) error {
		for i := range slices.Backward(p.Versions) {
			out.Versions = append(out.Versions, *p.Versions[i].describe(false))
		}
		return nil
	})
}

// DeletePolicyVersion deletes a version other than the default.
func (s *Service) DeletePolicyVersion(ctx context.Context, in *iam.DeletePolicyVersionInput) (*iam.DeletePolicyVersionOutput, error) {
	return &iam.DeletePolicyVersionOutput{}, s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *Policy) error {
		v, ok := p.version(aws.ToString(in.VersionId))
		if !ok || in.VersionId == nil {
			return noVersion(p, in.VersionId)
		}
		if v.Default {
			return conflict("Cannot delete the default version of a policy.")
		}
		id := v.ID
		p.Versions = slices.DeleteFunc(slices.Clone(p.Versions), func(v Version) bool { return v.ID == id })
		return nil
	})
}

// SetDefaultPolicyVersion makes a version the one in force.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, in *iam.SetDefaultPolicyVersionInput) (*iam.SetDefaultPolicyVersionOutput, error) {
	return &iam.SetDefaultPolicyVersionOutput{}, s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *Policy) error {
		v, ok := p.version(aws.ToString(in.VersionId))
		if !ok || in.VersionId == nil {
			return noVersion(p, in.VersionId)
		}
		p.setDefault(v.ID)
		p.Updated = s.now()
		return nil
	})
}

// TagPolicy adds tags.
func (s *Service) TagPolicy(ctx context.Context, in *iam.TagPolicyInput) (*iam.TagPolicyOutput, error) {
	return &iam.TagPolicyOutput{}, s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *Policy) (err error) {
		p.Tags, err = tagged(p.Tags, in.Tags)
		return err
	})
}

// UntagPolicy removes tags.
func (s *Service) UntagPolicy(ctx context.Context, in *iam.UntagPolicyInput) (*iam.UntagPolicyOutput, error) {
	return &iam.UntagPolicyOutput{}, s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *Policy) error {
		p.Tags = untagged(p.Tags, in.TagKeys)
		return nil
	})
}

// ListPolicyTags lists tags.
func (s *Service) ListPolicyTags(ctx context.Context, in *iam.ListPolicyTagsInput) (*iam.ListPolicyTagsOutput, error) {
	out := &iam.ListPolicyTagsOutput{}
	return out, s.viewPolicy(ctx, in.PolicyArn, func(_ *store.Tx, _ home, p *Policy) error {
		got, err := page(tagList(p.Tags), tagKey, in.Marker, in.MaxItems)
		out.Tags, out.Marker, out.IsTruncated = got.items, got.marker, got.more()
		return err
	})
}

package ecr

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/wire"
)

// StartLifecyclePolicyPreview checks a lifecycle policy and keeps it for
// GetLifecyclePolicyPreview, which computes at once what it would do.
func (s *Service) StartLifecyclePolicyPreview(ctx context.Context, in *ecr.StartLifecyclePolicyPreviewInput) (*ecr.StartLifecyclePolicyPreviewOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	text := aws.ToString(in.LifecyclePolicyText)
	err = s.registry.UpdateRepository(scope, name, func(r *registry.Repository) error {
		if text == "" {
			text = r.Lifecycle
		}
		if text == "" {
			return noLifecycle(scope, name)
		}
		r.Preview = text
		_, err := registry.ParseLifecycle(text)
		return err
	})
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.StartLifecyclePolicyPreviewOutput{
		LifecyclePolicyText: &text, RegistryId: &scope.Account, RepositoryName: &name,
		Status: types.LifecyclePolicyPreviewStatusInProgress,
	}, nil
}

// GetLifecyclePolicyPreview tells which images the previewed policy would remove.
func (s *Service) GetLifecyclePolicyPreview(ctx context.Context, in *ecr.GetLifecyclePolicyPreviewInput) (*ecr.GetLifecyclePolicyPreviewOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	repo, err := s.registry.Repository(scope, name)
	if err != nil {
		return nil, asAWS(err)
	}
	if repo.Preview == "" {
		return nil, wire.Errorf("LifecyclePolicyPreviewNotFoundException", "Lifecycle policy preview does not exist for the repository with name '%s' in the registry with id '%s'", name, scope.Account)
	}
	rules, err := registry.ParseLifecycle(repo.Preview)
	if err != nil {
		return nil, asAWS(err)
	}
	all, err := s.registry.Images(scope, name)
	if err != nil {
		return nil, asAWS(err)
	}
	expiring := registry.Expire(rules, all, s.now())
	out := &ecr.GetLifecyclePolicyPreviewOutput{
		LifecyclePolicyText: &repo.Preview, RegistryId: &scope.Account, RepositoryName: &name,
		Status:         types.LifecyclePolicyPreviewStatusComplete,
		PreviewResults: []types.LifecyclePolicyPreviewResult{},
		Summary:        &types.LifecyclePolicyPreviewSummary{ExpiringImageTotalCount: aws.Int32(int32(len(expiring)))},
	}
	expiring = slices.DeleteFunc(expiring, func(e registry.Expiring) bool {
		return !wanted(e.Image, in.ImageIds) || in.Filter != nil && !hasStatus(e.Image, in.Filter.TagStatus)
	})
	page, next, err := wire.Page(expiring, in.NextToken, int(aws.ToInt32(in.MaxResults)), 100, 100)
	if err != nil {
		return nil, err
	}
	for _, e := range page {
		out.PreviewResults = append(out.PreviewResults, types.LifecyclePolicyPreviewResult{
			Action:              &types.LifecyclePolicyRuleAction{Type: types.ImageActionTypeExpire},
			AppliedRulePriority: aws.Int32(int32(e.Rule)),
			ImageDigest:         aws.String(string(e.Digest)), ImageTags: e.Tags, ImagePushedAt: aws.Time(e.PushedAt),
			StorageClass: types.LifecyclePolicyStorageClassStandard,
		})
	}
	out.NextToken = next
	return out, nil
}

// wanted tells whether ids, when there are any, name an image.
func wanted(img *registry.Image, ids []types.ImageIdentifier) bool {
	return len(ids) == 0 || slices.ContainsFunc(ids, func(id types.ImageIdentifier) bool {
		return aws.ToString(id.ImageDigest) == string(img.Digest) || slices.Contains(img.Tags, aws.ToString(id.ImageTag))
	})
}

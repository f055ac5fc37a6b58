package ecr

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/wire"
)

// ListImages lists image ids: one for each tag, and the untagged ones.
func (s *Service) ListImages(ctx context.Context, in *ecr.ListImagesInput) (*ecr.ListImagesOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	all, err := s.registry.Images(scope, name)
	if err != nil {
		return nil, asAWS(err)
	}
	var ids []types.ImageIdentifier
	for _, img := range all {
		if in.Filter != nil && (!hasStatus(img, in.Filter.TagStatus) || !active(in.Filter.ImageStatus)) {
			continue
		}
		digest := aws.String(string(img.Digest))
		for _, t := range img.Tags {
			ids = append(ids, types.ImageIdentifier{ImageDigest: digest, ImageTag: aws.String(t)})
		}
		if len(img.Tags) == 0 {
			ids = append(ids, types.ImageIdentifier{ImageDigest: digest})
		}
	}
	key := func(id types.ImageIdentifier) string { return *id.ImageDigest + ":" + aws.ToString(id.ImageTag) }
	page, next, err := wire.PageBy(ids, key, in.NextToken, int(aws.ToInt32(in.MaxResults)), 100, 1000)
	if page == nil {
		page = []types.ImageIdentifier{}
	}
	return &ecr.ListImagesOutput{ImageIds: page, NextToken: next}, err
}

// hasStatus applies the filter tagStatus.
func hasStatus(img *registry.Image, status types.TagStatus) bool {
	switch status {
	case types.TagStatusTagged:
		return len(img.Tags) > 0
	case types.TagStatusUntagged:
		return len(img.Tags) == 0
	}
	return true
}

// active applies the filter imageStatus: nothing here is ever archived.
func active(status types.ImageStatusFilter) bool {
	return status == "" || status == types.ImageStatusFilterActive || status == types.ImageStatusFilterAny
}

// DescribeImages describes the images of a repository, all or those named.
func (s *Service) DescribeImages(ctx context.Context, in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	out := &ecr.DescribeImagesOutput{ImageDetails: []types.ImageDetail{}}
	if len(in.ImageIds) > 0 {
		if in.NextToken != nil || in.MaxResults != nil {
			return nil, invalid("imageIds", "nextToken and maxResults must not be specified with imageIds")
		}
		for _, id := range in.ImageIds {
			img, err := s.find(scope, name, id)
			if err != nil {
				return nil, err
			}
			out.ImageDetails = append(out.ImageDetails, detail(scope, name, img))
		}
		return out, nil
	}
	all, err := s.registry.Images(scope, name)
	if err != nil {
		return nil, asAWS(err)
	}
	var chosen []*registry.Image
	for _, img := range all {
		if in.Filter == nil || hasStatus(img, in.Filter.TagStatus) && active(in.Filter.ImageStatus) {
			chosen = append(chosen, img)
		}
	}
	key := func(img *registry.Image) string { return string(img.Digest) }
	page, next, err := wire.PageBy(chosen, key, in.NextToken, int(aws.ToInt32(in.MaxResults)), 100, 1000)
	for _, img := range page {
		out.ImageDetails = append(out.ImageDetails, detail(scope, name, img))
	}
	out.NextToken = next
	return out, err
}

// find returns the image that an id names.
func (s *Service) find(scope arn.Scope, name string, id types.ImageIdentifier) (*registry.Image, error) {
	ref, failure := reference(id)
	if failure != nil {
		return nil, wire.Errorf("InvalidParameterException", "Invalid parameter at 'imageIds' failed to satisfy constraint: '%s'", aws.ToString(failure.FailureReason))
	}
	img, err := s.registry.Image(scope, name, ref)
	return img, asAWS(err)
}

// detail shows an image as ECR does.
func detail(s arn.Scope, name string, img *registry.Image) types.ImageDetail {
	d := types.ImageDetail{
		ImageDigest:            aws.String(string(img.Digest)),
		ImageManifestMediaType: aws.String(img.MediaType),
		ImagePushedAt:          aws.Time(img.PushedAt),
		ImageSizeInBytes:       aws.Int64(img.Size),
		ImageStatus:            types.ImageStatusActive,
		ImageTags:              img.Tags,
		RegistryId:             aws.String(s.Account),
		RepositoryName:         aws.String(name),
	}
	if img.ArtifactType != "" {
		d.ArtifactMediaType = aws.String(img.ArtifactType)
	}
	if img.Subject != "" {
		d.SubjectManifestDigest = aws.String(string(img.Subject))
	}
	if !img.LastPull.IsZero() {
		d.LastRecordedPullTime = aws.Time(img.LastPull)
	}
	return d
}

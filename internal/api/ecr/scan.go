package ecr

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/grue-ecs/grue/internal/wire"
)

// StartImageScan answers what ECR answers for an image that it cannot scan:
// there is no scanner here, and to claim a scan without findings would be a lie.
func (s *Service) StartImageScan(ctx context.Context, in *ecr.StartImageScanInput) (*ecr.StartImageScanOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if in.ImageId == nil {
		return nil, invalid("imageId", "Member must not be null")
	}
	if _, err := s.find(scope, name, *in.ImageId); err != nil {
		return nil, err
	}
	return nil, wire.Errorf("UnsupportedImageTypeException", "The operating system and/or package manager are not supported. (This registry has no vulnerability scanner.)")
}

// DescribeImageScanFindings finds no scan.
func (s *Service) DescribeImageScanFindings(ctx context.Context, in *ecr.DescribeImageScanFindingsInput) (*ecr.DescribeImageScanFindingsOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if in.ImageId == nil {
		return nil, invalid("imageId", "Member must not be null")
	}
	img, err := s.find(scope, name, *in.ImageId)
	if err != nil {
		return nil, err
	}
	return nil, wire.Errorf("ScanNotFoundException", "Image scan does not exist for the image with '{imageDigest:'%s', imageTag:'%s'}' in the repository with name '%s' in the registry with id '%s'",
		img.Digest, aws.ToString(in.ImageId.ImageTag), name, scope.Account)
}

package ecr

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/grue-ecs/grue/internal/image/registry"
)

// PutImage stores a manifest, or gives an image another tag.
func (s *Service) PutImage(ctx context.Context, in *ecr.PutImageInput) (*ecr.PutImageOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	put := registry.Put{
		Body: []byte(aws.ToString(in.ImageManifest)), MediaType: aws.ToString(in.ImageManifestMediaType),
		Tag: aws.ToString(in.ImageTag), New: true,
	}
	if in.ImageDigest != nil {
		if put.Digest, err = registry.CheckDigest(*in.ImageDigest); err != nil {
			return nil, asAWS(err)
		}
	}
	img, err := s.registry.PutManifest(scope, name, put)
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.PutImageOutput{Image: &types.Image{
		ImageId:       &types.ImageIdentifier{ImageDigest: aws.String(string(img.Digest)), ImageTag: in.ImageTag},
		ImageManifest: in.ImageManifest, ImageManifestMediaType: aws.String(img.MediaType),
		RegistryId: aws.String(scope.Account), RepositoryName: aws.String(name),
	}}, nil
}
